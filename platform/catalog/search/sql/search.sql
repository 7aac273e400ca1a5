-- What a search finds (catalog.search.selectors.search): words of titles, tags and makers in any script, as
-- search_text leaves them; Chinese by its characters and by its pinyin; a SKU or a barcode by itself. It costs
-- the same in a large catalogue: words are intersected by the indexes, hits are bounded. First comes what has
-- every word as it was written; what is only similar is looked for when that is little. Of words that very many
-- products have, the newest at_most are ranked.
-- pg_trgm knows no Chinese word of two characters, so those are found by their characters and pairs of them.
CREATE FUNCTION public.catalog_grams(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(run, place, size)), '{}')
    FROM (SELECT matched[1] AS run FROM regexp_matches(said, '[\u3400-\u9fff]+', 'g') matched) runs,
        generate_series(1, char_length(run)) place, (VALUES (1), (2)) sizes(size)
    WHERE place + size - 1 <= char_length(run)
$$;

-- How the Chinese of a text is read: every syllable, and every two in a row, in each way they may be read.
CREATE FUNCTION public.catalog_readings(said text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH known AS MATERIALIZED (  -- by the index: there are thousands of them
        SELECT character, readings FROM public.kernel_hancharacter
        WHERE character = ANY (regexp_split_to_array(regexp_replace(said, '[^\u3400-\u9fff]', '', 'g'), ''))
    ), spoken AS MATERIALIZED (
        SELECT run.number, place, known.readings
        FROM regexp_matches(said, '[\u3400-\u9fff]+', 'g') WITH ORDINALITY run(piece, number)
            CROSS JOIN generate_series(1, char_length(run.piece[1])) place
            JOIN known ON known.character = substr(run.piece[1], place, 1)
    )
    SELECT coalesce(array_agg(DISTINCT gram), '{}') FROM (
        SELECT unnest(readings) FROM spoken
        UNION ALL
        SELECT syllable || ' ' || following
        FROM spoken a JOIN spoken b ON b.number = a.number AND b.place = a.place + 1,
            unnest(a.readings) syllable, unnest(b.readings) following
    ) grams(gram)
$$;

-- What a code of goods is to a search (SKU, barcode): without case, blanks and dashes, and without the zeros in
-- front that turn one barcode into another notation of the same.
CREATE FUNCTION public.catalog_code(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ltrim(upper(regexp_replace(normalize(said, NFKC) COLLATE pg_unicode_fast, '[^[:alnum:]]+', '', 'g')), '0')
$$;

CREATE INDEX variant_by_sku ON public.catalog_variant (public.catalog_code(sku)) WHERE sku <> '';
CREATE INDEX variant_by_barcode ON public.catalog_variant (public.catalog_code(barcode)) WHERE barcode <> '';

-- The ways in which letters are syllables of pinyin: "longjing" is long jing. Each as what catalog_readings
-- makes of it: two in a row, or the only one.
CREATE FUNCTION public.catalog_spellings(word text) RETURNS SETOF text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE cut(rest, syllables) AS (
        SELECT word, '{}'::text[] WHERE word ~ '^[a-z]{1,24}$'
        UNION ALL
        SELECT substr(rest, char_length(syllable) + 1), syllables || syllable
        FROM cut JOIN public.kernel_pinyinsyllable ON starts_with(rest, syllable)
    )
    SELECT CASE WHEN cardinality(syllables) = 1 THEN syllables ELSE ARRAY(
        SELECT syllables[place] || ' ' || syllables[place + 1]
        FROM generate_series(1, cardinality(syllables) - 1) place
    ) END
    FROM cut WHERE rest = '' LIMIT 6
$$;

-- Whether a text has a word like this one: one slip in it, two in a long one, or two letters swapped. The first
-- letter is hardly ever wrong, and short words are all alike, so those are never taken for each other.
CREATE FUNCTION public.catalog_has_slip(words text, said text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT FROM regexp_split_to_table(words, ' ') word
        WHERE left(word, 1) = left(said, 1) AND abs(char_length(word) - char_length(said)) <= 2
            AND greatest(char_length(word), char_length(said)) <= 60
            AND (levenshtein(word, said) <= CASE WHEN char_length(said) < 8 THEN 1 ELSE 2 END
                OR (levenshtein(word, said) = 2
                    AND ARRAY(SELECT unnest(regexp_split_to_array(word, '')) ORDER BY 1)
                        = ARRAY(SELECT unnest(regexp_split_to_array(said, '')) ORDER BY 1)))
    )
$$;

-- "| title | title in another language || tags maker |": a title is found as a whole, and before the rest.
CREATE FUNCTION public.catalog_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_text := '| '
        || coalesce((SELECT string_agg(public.search_text(value), ' | ' ORDER BY key)
            FROM jsonb_each_text(NEW.title)), '')
        || ' || ' || public.search_text(concat_ws(' ', array_to_string(NEW.tags, ' '), NEW.vendor)) || ' |';
    NEW.search_grams := CASE WHEN NEW.search_text ~ '[\u3400-\u9fff]'
        THEN public.catalog_grams(NEW.search_text) || public.catalog_readings(NEW.search_text) ELSE '{}' END;
    RETURN NEW;
END $$;

CREATE TRIGGER search_text BEFORE INSERT OR UPDATE OF title, tags, vendor, search_text, search_grams
    ON public.catalog_product FOR EACH ROW EXECUTE FUNCTION public.catalog_search_text();

-- Conditions are put together as text, with every word quoted by format(%L): the planner then knows how rare
-- the words are, and one scan of the index intersects them. How much of a word must be there depends on how
-- much it says: up to three letters are a whole word (or its plural), four begin one, five stand anywhere; in
-- scripts without blanks between words any part is one.
-- 0.3: two letters swapped in a word of six. 0.4: one wrong character in a word of three.
-- at_most: hits that are ranked. with_similar: what only resembles the words too. with_drafts: what is not on
-- offer too. of_supplier: only that one's.
CREATE FUNCTION public.catalog_search(
    query text, at_most integer, with_similar boolean DEFAULT true, with_drafts boolean DEFAULT false,
    of_supplier uuid DEFAULT NULL
) RETURNS TABLE (product_id uuid, rank real) LANGUAGE plpgsql STABLE
SET pg_trgm.word_similarity_threshold = 0.3 AS $$
DECLARE
    enough CONSTANT integer := 40;
    plain_query CONSTANT text := public.search_text(query);
    code CONSTANT text := public.catalog_code(query);
    scope CONSTANT text := ' FROM public.catalog_product p WHERE '
        || CASE WHEN with_drafts THEN 'p.status <> ''archived''' ELSE 'p.status = ''active''' END
        || CASE WHEN of_supplier IS NULL THEN '' ELSE format(' AND p.supplier_id = %L', of_supplier) END;
    said text;
    singular text;
    pattern text;
    condition text;
    spelt text;
    grams text[];
    written text := '';
    likenesses text[] := '{}';
    similar_to text;
    closeness text := '';
    words integer := 0;
    coded uuid[] := '{}';
    hits uuid[] := '{}';
    more uuid[];
BEGIN
    FOR said IN
        SELECT DISTINCT piece[1] FROM regexp_matches(plain_query, '[\u3400-\u9fff]+|[^ \u3400-\u9fff]+', 'g') piece
    LOOP
        words := words + 1;
        IF said ~ '^[\u3400-\u9fff]' THEN
            grams := public.catalog_grams(said);
            written := written || format(
                ' AND p.search_grams @> %L::text[] AND position(%L IN p.search_text) > 0', grams, said);
            IF char_length(said) < 3 THEN
                likenesses := likenesses || format('p.search_grams @> %L::text[]', grams);
                closeness := closeness || format(
                    ' + CASE WHEN position(%L IN t.titles) > 0 THEN 1.0 ELSE 0.95 END', said);
            ELSE
                likenesses := likenesses || format(
                    'p.search_grams && %1$L::text[] AND 0.4 * cardinality(%1$L::text[]) <='
                    ' (SELECT count(*) FROM unnest(%1$L::text[]) gram WHERE gram = ANY (p.search_grams))',
                    grams);
                closeness := closeness || format(
                    ' + CASE WHEN position(%1$L IN t.titles) > 0 THEN 1.0'
                    ' WHEN position(%1$L IN p.search_text) > 0 THEN 0.95 ELSE 0.9 * (SELECT count(*)'
                    ' FROM unnest(%2$L::text[]) gram WHERE gram = ANY (p.search_grams))'
                    ' / cardinality(%2$L::text[]) END', said, grams);
            END IF;
            CONTINUE;
        END IF;
        pattern := regexp_replace(said, '([%_\\])', '\\\1', 'g');
        singular := regexp_replace(said, '^([a-z]{3,})s$', '\1');
        condition := format('p.search_text LIKE %L', CASE
            WHEN char_length(said) > 4
                OR said ~ '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\uac00-\ud7af]'
                THEN '%' || pattern || '%'
            WHEN char_length(said) = 4 THEN '% ' || pattern || '%'
            ELSE '% ' || pattern || ' %' END);
        IF singular <> said OR said ~ '^[a-z]{2,3}$' THEN
            condition := condition || format(' OR p.search_text LIKE %L',
                '% ' || CASE WHEN singular <> said THEN singular ELSE said || 's' END || ' %');
        END IF;
        IF said ~ '^[dl][aeiouy].{3}' THEN  -- loreal is typed for L'Oréal
            condition := condition || format(' OR p.search_text LIKE %L',
                '% ' || left(said, 1) || ' ' || substr(pattern, 2) || ' %');
        END IF;
        SELECT string_agg(format('p.search_grams @> %L::text[]', spelling), ' OR ') INTO spelt
            FROM public.catalog_spellings(said) spelling;
        condition := '(' || condition || coalesce(' OR ' || spelt, '') || ')';
        written := written || ' AND ' || condition;
        likenesses := likenesses || CASE WHEN char_length(said) > 4 THEN format(
            '(%1$s OR p.search_text %%> %2$L AND public.catalog_has_slip(p.search_text, %2$L))', condition, said)
            ELSE condition END;
        closeness := closeness || format(
            ' + CASE WHEN position(%1$L IN t.titles) > 0 THEN 1.0'
            ' WHEN position(%1$L IN p.search_text) > 0 THEN 0.95', ' ' || said || ' ');
        IF spelt IS NOT NULL THEN
            closeness := closeness || format(' WHEN %s THEN 0.9', spelt);
        END IF;
        closeness := closeness || format(
            ' WHEN position(%1$L IN p.search_text) > 0 THEN 0.9'
            ' WHEN position(%2$L IN p.search_text) > 0 THEN 0.8'
            ' WHEN position(%3$L IN p.search_text) > 0 THEN 0.75'
            ' ELSE 0.65 * word_similarity(%3$L, p.search_text) END',
            ' ' || singular || ' ', ' ' || said, said);
    END LOOP;
    IF char_length(code) > 2 THEN
        EXECUTE 'SELECT array_agg(DISTINCT p.id)' || scope || ' AND p.id IN ('
            ' SELECT v.product_id FROM public.catalog_variant v'
            ' WHERE v.sku <> '''' AND public.catalog_code(v.sku) = $1'
            ' UNION SELECT v.product_id FROM public.catalog_variant v'
            ' WHERE v.barcode <> '''' AND public.catalog_code(v.barcode) = $1)'
            INTO coded USING code;
        coded := coalesce(coded, '{}');
    END IF;
    IF words > 0 THEN
        EXECUTE 'SELECT array_agg(id) FROM (SELECT p.id' || scope || written || ' ORDER BY p.id DESC LIMIT $1) hit'
            INTO hits USING at_most;
        hits := coalesce(hits, '{}');
        IF with_similar AND cardinality(hits) < enough THEN
            -- Of several words one may be wrong altogether.
            SELECT string_agg('(' || array_to_string(CASE WHEN words BETWEEN 3 AND 8
                    THEN likenesses[:place - 1] || likenesses[place + 1:] ELSE likenesses END, ' AND ') || ')', ' OR ')
                INTO similar_to FROM generate_series(1, CASE WHEN words BETWEEN 3 AND 8 THEN words ELSE 1 END) place;
            EXECUTE 'SELECT array_agg(id) FROM (SELECT p.id' || scope || ' AND (' || similar_to || ') LIMIT $1) hit'
                INTO more USING at_most;
            hits := ARRAY(SELECT DISTINCT unnest(hits || coalesce(more, '{}')));
        END IF;
    END IF;
    RETURN QUERY EXECUTE 'WITH ranked AS ('
        ' SELECT p.id, near.ness, near.ness'
        ' + CASE WHEN p.id = ANY ($5) THEN 2.0 ELSE 0 END'
        ' + CASE WHEN position(''| '' || $2 || '' |'' IN t.titles) > 0 THEN 0.6 ELSE 0 END'
        ' + CASE WHEN position('' '' || $2 || '' '' IN t.titles) > 0 THEN 0.3 ELSE 0 END'
        ' + CASE WHEN position(''| '' || $2 IN t.titles) > 0 THEN 0.2 ELSE 0 END'
        ' + 0.1 * least(1, char_length($2)::real / greatest(char_length(t.titles), 1)) AS rank'
        ' FROM public.catalog_product p'
        ' CROSS JOIN LATERAL (SELECT split_part(p.search_text, ''||'', 1) || ''|'' AS titles) t'
        ' CROSS JOIN LATERAL (SELECT CASE WHEN p.id = ANY ($5) THEN 1'
        '   ELSE (0' || closeness || ')::real / greatest($3, 1) END AS ness) near'
        ' WHERE p.id = ANY ($1 || $5))'
        ' SELECT id, ranked.rank::real FROM ranked WHERE ness >= 0.7 * (SELECT max(ness) FROM ranked)'
        ' ORDER BY ranked.rank DESC, id DESC LIMIT $4'
        USING hits, plain_query, words, at_most, coded;
END $$;
