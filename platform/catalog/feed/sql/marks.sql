-- Writers append marks and lock nothing; see catalog.feed.services for how marks become positions.
CREATE FUNCTION public.catalog_mark_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) SELECT 'p', id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION public.catalog_mark_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) SELECT DISTINCT 'p', product_id FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION public.catalog_mark_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key)
    SELECT DISTINCT 'p', v.product_id FROM changed JOIN public.catalog_variant v ON v.id = changed.variant_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.catalog_mark_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) VALUES ('s', NEW.variant_id);
    RETURN NULL;
END $$;

CREATE FUNCTION public.catalog_mark_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_feedmark (what, key) VALUES (TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER feed_update AFTER UPDATE OF available ON public.catalog_stock FOR EACH ROW
    WHEN (OLD.available <> NEW.available) EXECUTE FUNCTION public.catalog_mark_stock();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_stock REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_price();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_supplier FOR EACH ROW
    WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION public.catalog_mark_row('u');
CREATE TRIGGER feed_update AFTER UPDATE OF slug, parent_id ON public.catalog_category FOR EACH ROW
    WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION public.catalog_mark_row('c');

CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_product
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_product();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_product
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_product();
CREATE TRIGGER feed_delete AFTER DELETE ON public.catalog_product
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_product();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_variant
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_variant
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_delete AFTER DELETE ON public.catalog_variant
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_media
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_media
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_delete AFTER DELETE ON public.catalog_media
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_product_selling_points
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_product_selling_points
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_delete AFTER DELETE ON public.catalog_product_selling_points
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_part();
CREATE TRIGGER feed_insert AFTER INSERT ON public.catalog_price
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_price();
CREATE TRIGGER feed_update AFTER UPDATE ON public.catalog_price
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_price();
CREATE TRIGGER feed_delete AFTER DELETE ON public.catalog_price
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.catalog_mark_price();
