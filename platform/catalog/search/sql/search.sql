-- What a search finds (catalog.search.selectors.search): words of titles, tags and makers, in Latin and
-- Chinese, with a typo. It costs the same in a large catalogue: words are intersected by the index, hits are
-- bounded. First comes what has every word as it was written; what is only similar is looked for when that is
-- little. Of words that very many products have, the newest at_most are ranked.
-- pg_trgm knows no Chinese word of two characters, so those are found by their characters and pairs of them.
CREATE FUNCTION public.catalog_grams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(run, place, size)), '{}')
    FROM (SELECT matched[1] AS run FROM regexp_matches(said, '[\u3400-\u9fff]+', 'g') matched) runs,
        generate_series(1, char_length(run)) place, (VALUES (1), (2)) sizes(size)
    WHERE place + size - 1 <= char_length(run)
$$;

CREATE FUNCTION public.catalog_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_text := lower(concat_ws(' ',
        (SELECT string_agg(value, ' ' ORDER BY key) FROM jsonb_each_text(NEW.title)),
        array_to_string(NEW.tags, ' '), NEW.vendor));
    NEW.search_grams := CASE WHEN NEW.search_text ~ '[\u3400-\u9fff]'
        THEN public.catalog_grams(NEW.search_text) ELSE '{}' END;
    RETURN NEW;
END $$;

CREATE TRIGGER search_text BEFORE INSERT OR UPDATE OF title, tags, vendor, search_text, search_grams
    ON public.catalog_product FOR EACH ROW EXECUTE FUNCTION public.catalog_search_text();

-- Conditions are put together as text, with every word quoted by format(%L): the planner then knows how rare
-- the words are, and one scan of the index intersects them. Latin words of one or two letters have to begin a
-- word: within words they say nothing, and no trigram finds them there. The index reads that beginning from a
-- list of characters, not from \m.
-- 0.3: two letters swapped in a word of six. 0.4: one wrong character in a word of three.
CREATE FUNCTION public.catalog_search(query text, at_most integer)
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
        FROM regexp_matches(lower(query), '[\u3400-\u9fff]+|[^\s\u3400-\u9fff]+', 'g') piece
    LOOP
        words := words + 1;
        IF said ~ '^[\u3400-\u9fff]' THEN
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
                    '(^|[ -/:-@[-`{-~])' || regexp_replace(said, '(\W)', '\\\1', 'g'))
                ELSE format(' AND p.search_text LIKE %L',
                    '%' || regexp_replace(said, '([%_\\])', '\\\1', 'g') || '%')
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
