/** Whether the YAML parser, which recurses, gave up on a file that is nested thousands of levels deep. */
export const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError || /stack overflow/i.test(String(error))
