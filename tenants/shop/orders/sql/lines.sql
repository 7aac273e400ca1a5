CREATE TRIGGER only_admitted BEFORE INSERT ON shop_orderline
    FOR EACH ROW EXECUTE FUNCTION public.selection_guard_line();
