-- What a text is to every search, that of the catalogue and those of lists: one normalisation, of what is
-- kept and of what is asked. Compatibility forms (full width, ligatures) and case are levelled, accents, vowel
-- points and Arabic's several ways to write one letter go, Chinese is simplified, words stand between single
-- spaces. It reads the characters that kernel.texts.characters put there, so it is stable and not immutable.
CREATE FUNCTION public.search_text(said text) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    plain text := casefold(normalize(said, NFKC) COLLATE pg_unicode_fast);
    variants text;
    simplified text;
BEGIN
    IF plain !~ '^[ -~]*$' THEN
        -- Marks above and below Latin, Greek and Cyrillic; Hebrew points; Arabic vowels and the stretched line.
        plain := normalize(regexp_replace(normalize(plain, NFD),
            '[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]', '', 'g'), NFC);
        -- Letters that are no letter with a mark (đ ø ł ß), and signs that stand for capitals (® is R).
        plain := casefold(public.unaccent('public.unaccent', plain) COLLATE pg_unicode_fast);
        plain := translate(plain, 'ٱىةؤئیک٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'ايهويىك01234567890123456789');
        IF plain ~ '[\u3400-\u9fff]' THEN
            SELECT string_agg(known.character, ''), string_agg(known.simplified, '')
                INTO variants, simplified
                FROM public.kernel_hancharacter known
                WHERE known.character = ANY (regexp_split_to_array(plain, ''))
                    AND known.character <> known.simplified;
            plain := translate(plain, coalesce(variants, ''), coalesce(simplified, ''));
            plain := regexp_replace(plain, '([\u3400-\u9fff]+)', ' \1 ', 'g');
        END IF;
    END IF;
    -- men's is what mens is, Pu'er what Puer is; but l'eau is two words.
    plain := regexp_replace(plain, '(?<=[a-z]{2})[''\u2019](?=[a-z])', '', 'g');
    plain := regexp_replace(plain COLLATE pg_unicode_fast, '[[:punct:][:space:][:cntrl:]$+<=>^`|~]+', ' ', 'g');
    RETURN trim(regexp_replace(' ' || plain, '(?<= )(ال)+(?=[^ ]{3})', '', 'g'));  -- Arabic's article
END $$;
