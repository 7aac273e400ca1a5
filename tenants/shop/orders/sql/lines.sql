-- No line of any order for a product that may not be sold here: selection_guard_line in
-- platform/selection/admission/sql/sales.sql.
CREATE TRIGGER only_admitted BEFORE INSERT ON shop_orderline
    FOR EACH ROW EXECUTE FUNCTION public.selection_guard_line();
