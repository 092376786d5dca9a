/** In SQL, of a row `c` of `annotations.content`: it is in the index `content_kept`. */
export const MAY_BE_KEPT = '(c.fault IS NOT NULL OR c.stopped_while IS NOT NULL)';

/** The same, of a row that may be kept: its content is kept from answers, as `annotations.sql` says it. */
export const IS_KEPT = '(c.stopped_while IS NOT NULL OR c.is_refused = 1 OR c.is_released = 0)';
