import fc from 'fast-check'

/** Few levels, so that filters and topics meet: empty ones and those with `$` among them. */
const literal = fc.constantFrom('', 'a', 'b', 'ab', '$', '$SYS', ' ', 'é')

/** Topic names, `/` and `//` and such with a leading `$` included; never the empty text. */
export const topics = fc
  .array(literal, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '')

/** Valid topic filters. */
export const filters = fc
  .tuple(fc.array(fc.oneof(literal, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, rest]) => (rest ? [...levels, '#'] : levels).join('/'))
  .filter((filter) => filter !== '')
