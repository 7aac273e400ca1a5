"""What a change of the catalogue was about, and short words of a search found by the index.

A page that keeps something of many products looks again only at those that a change names.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

# As in 0008, but for the beginning of a short word: the index reads it from a list of characters, not from \\m.
SEARCH = """
CREATE OR REPLACE FUNCTION public.catalog_search(query text, at_most integer)
RETURNS TABLE (product_id uuid, rank real) LANGUAGE plpgsql STABLE
SET pg_trgm.word_similarity_threshold = 0.3 AS $$
DECLARE
    enough CONSTANT integer := 40;
    said text;
    grams text[];
    written text := '';
    alike text := '';
    closeness text := '';
    words integer := 0;
    hits uuid[];
BEGIN
    FOR said IN
        SELECT DISTINCT piece[1]
        FROM regexp_matches(lower(query), '[\\u3400-\\u9fff]+|[^\\s\\u3400-\\u9fff]+', 'g') piece
    LOOP
        words := words + 1;
        IF said ~ '^[\\u3400-\\u9fff]' THEN
            grams := public.catalog_grams(said);
            written := written || format(
                ' AND p.search_grams @> %L::text[] AND position(%L IN p.search_text) > 0', grams, said);
            IF char_length(said) < 3 THEN
                alike := alike || format(' AND p.search_grams @> %L::text[]', grams);
                closeness := closeness || ' + 1.0';
            ELSE
                alike := alike || format(
                    ' AND p.search_grams && %1$L::text[] AND 0.4 * cardinality(%1$L::text[]) <='
                    ' (SELECT count(*) FROM unnest(%1$L::text[]) gram WHERE gram = ANY (p.search_grams))',
                    grams);
                closeness := closeness || format(
                    ' + CASE WHEN position(%1$L IN p.search_text) > 0 THEN 1.0 ELSE 0.9 * (SELECT count(*)'
                    ' FROM unnest(%2$L::text[]) gram WHERE gram = ANY (p.search_grams))'
                    ' / cardinality(%2$L::text[]) END', said, grams);
            END IF;
        ELSE
            written := written || CASE WHEN char_length(said) < 3
                THEN format(' AND p.search_text ~ %L',
                    '(^|[ -/:-@[-`{-~])' || regexp_replace(said, '(\\W)', '\\\\\\1', 'g'))
                ELSE format(' AND p.search_text LIKE %L',
                    '%' || regexp_replace(said, '([%_\\\\])', '\\\\\\1', 'g') || '%')
                END;
            alike := alike || format(' AND p.search_text %%> %L', said);
            closeness := closeness || format(
                ' + CASE WHEN position(%1$L IN p.search_text) > 0 THEN 1.0'
                ' ELSE 0.9 * word_similarity(%1$L, p.search_text) END', said);
        END IF;
    END LOOP;
    IF words = 0 THEN
        RETURN;
    END IF;
    EXECUTE 'SELECT array_agg(id) FROM (SELECT p.id FROM public.catalog_product p'
        ' WHERE p.status = ''active''' || written || ' ORDER BY p.id DESC LIMIT $1) hit'
        INTO hits USING at_most;
    IF coalesce(cardinality(hits), 0) < enough THEN
        EXECUTE 'SELECT array_agg(id) FROM (SELECT p.id FROM public.catalog_product p'
            ' WHERE p.status = ''active''' || alike || ' LIMIT $1) hit'
            INTO grams USING at_most;
        hits := ARRAY(SELECT DISTINCT unnest(hits || grams::uuid[]));
    END IF;
    RETURN QUERY EXECUTE 'WITH ranked AS ('
        ' SELECT p.id, close.ness, close.ness + CASE WHEN titles.has THEN 0.3 ELSE 0 END'
        ' + CASE WHEN titles.begins THEN 0.2 ELSE 0 END'
        ' + 0.1 * least(1, char_length($2)::real / greatest(titles.shortest, 1)) AS rank'
        ' FROM public.catalog_product p'
        ' CROSS JOIN LATERAL (SELECT (0' || closeness || ')::real / $3 AS ness) close'
        ' CROSS JOIN LATERAL (SELECT bool_or(position(lower($2) IN lower(value)) > 0) AS has,'
        '   bool_or(starts_with(lower(value), lower($2))) AS begins,'
        '   min(char_length(value)) AS shortest FROM jsonb_each_text(p.title)) titles'
        ' WHERE p.id = ANY ($1))'
        ' SELECT id, ranked.rank::real FROM ranked WHERE ness >= 0.7 * (SELECT max(ness) FROM ranked)'
        ' ORDER BY ranked.rank DESC, id DESC LIMIT $4'
        USING hits, query, words, at_most;
END $$;
"""

# A change names the products it may add to what shops list, or take away: none for a picture and for what is
# left of something, NULL where it may be any. A row that went with its product is named by the product.
VERSION = """
CREATE OR REPLACE FUNCTION public.catalog_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most CONSTANT integer := 100;
    named uuid[];
BEGIN
    IF NOT EXISTS (SELECT FROM touched) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME IN ('catalog_media', 'catalog_stock') THEN
        named := '{}';
    ELSIF (SELECT count(*) FROM (SELECT FROM touched LIMIT most + 1) few) <= most THEN
        IF TG_TABLE_NAME = 'catalog_product' THEN
            named := ARRAY(SELECT id FROM touched);
        ELSIF TG_TABLE_NAME = 'catalog_variant' THEN
            named := ARRAY(SELECT DISTINCT product_id FROM touched);
        ELSIF TG_TABLE_NAME = 'catalog_price' THEN
            named := ARRAY(SELECT DISTINCT v.product_id FROM touched t
                JOIN public.catalog_variant v ON v.id = t.variant_id);
        END IF;
    END IF;
    INSERT INTO public.catalog_cataloguechange (amount, products) VALUES (1, named);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION public.catalog_count_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.catalog_cataloguechange (amount, products) VALUES (1, '{}');
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_bounded_search")]
    operations = [
        migrations.AddField(
            model_name="cataloguechange",
            name="products",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), null=True, size=None
            ),
        ),
        migrations.RunSQL(SEARCH),
        migrations.RunSQL(VERSION),
    ]
