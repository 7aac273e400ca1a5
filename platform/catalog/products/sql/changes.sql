-- A change names the products it may add to what shops list, or take away: none for a picture and for what is
-- left of something, NULL where it may be any. A row that went with its product is named by the product.
CREATE FUNCTION public.catalog_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most CONSTANT integer := 100;
    named uuid[];
BEGIN
    IF NOT EXISTS (SELECT FROM changed) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME IN ('catalog_media', 'catalog_stock') THEN
        named := '{}';
    ELSIF (SELECT count(*) FROM (SELECT FROM changed LIMIT most + 1) few) <= most THEN
        IF TG_TABLE_NAME = 'catalog_product' THEN
            named := ARRAY(SELECT id FROM changed);
        ELSIF TG_TABLE_NAME = 'catalog_variant' THEN
            named := ARRAY(SELECT DISTINCT product_id FROM changed);
        ELSIF TG_TABLE_NAME = 'catalog_price' THEN
            named := ARRAY(SELECT DISTINCT v.product_id FROM changed t
                JOIN public.catalog_variant v ON v.id = t.variant_id);
        END IF;
    END IF;
    INSERT INTO public.catalog_cataloguechange (amount, products) VALUES (1, named);
    RETURN NULL;
END $$;

CREATE FUNCTION public.catalog_count_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_cataloguechange (amount, products) VALUES (1, '{}');
    RETURN NULL;
END $$;

CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_supplier
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_supplier
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_supplier
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_category
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_product
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_product
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_product
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_variant
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_variant
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_variant
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_price
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_price
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_price
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_media
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_media
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_media
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_region
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_region
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_delete AFTER DELETE ON public.catalog_region
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();

-- Every order changes stock. Pages show only whether there is any, and the condition costs no call.
CREATE TRIGGER version_insert AFTER INSERT ON public.catalog_stock
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_count_change();
CREATE TRIGGER version_update AFTER UPDATE ON public.catalog_stock
    FOR EACH ROW WHEN ((OLD.available = 0) IS DISTINCT FROM (NEW.available = 0))
    EXECUTE FUNCTION public.catalog_count_row();
