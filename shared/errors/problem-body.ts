import type { Problem } from './problem.ts'

/** Only the fields that the record knows. */
export const problemBody = ({
  code,
  kind,
  title,
  unchanged,
  causes,
  next,
  retrySafe,
  vendor,
  fields,
}: Problem) => ({
  code,
  kind,
  title,
  unchanged,
  causes: [...causes],
  next,
  retrySafe,
  ...(vendor === undefined ? {} : { vendor }),
  ...(fields === undefined ? {} : { fields }),
})
