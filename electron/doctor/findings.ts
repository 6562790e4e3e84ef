import type { DoctorFinding, DoctorRemedy, DoctorTestId } from '../../shared/model/ekm-doctor.ts'
import type { Read } from '../wizards/sqlserver/facts-model.ts'

/** What one test says of what was read. Without a remedy it is in order. */
export interface Verdict {
  /** What it is about; null (the default): the server as a whole. */
  about?: string | null
  measured: string
  limit?: string
  remedy?: DoctorRemedy | null
  /** Why it does not apply, or can't be told from what was read. */
  instead?: 'not-applicable' | 'not-read'
}

/** The finding, or findings, of one test about one reading. What was not read says why. */
export const judged = <Value>(
  test: DoctorTestId,
  read: Read<Value>,
  judge: (value: Value) => Verdict | readonly Verdict[],
  about: string | null = null,
): DoctorFinding[] => {
  const { source, at } = read
  if (!read.read) return [notRead(test, read.because, { source, at, about })]
  const verdicts = judge(read.value)
  return (isList(verdicts) ? verdicts : [verdicts]).map((verdict) =>
    findingOf(test, verdict, { source, at, about }),
  )
}

const isList = (verdicts: Verdict | readonly Verdict[]): verdicts is readonly Verdict[] =>
  Array.isArray(verdicts)

interface From {
  source: string
  at: string | null
  about?: string | null
}

export const findingOf = (
  test: DoctorTestId,
  verdict: Verdict,
  { source, at, about }: From,
): DoctorFinding => {
  const common = {
    test,
    about: verdict.about ?? about ?? null,
    measured: verdict.measured,
    limit: verdict.limit ?? null,
    source,
    at: at === '' ? null : at,
  }
  if (verdict.instead !== undefined) return { ...common, state: verdict.instead, remedy: null }
  const { remedy } = verdict
  return remedy === undefined || remedy === null
    ? { ...common, state: 'in-order', remedy: null }
    : { ...common, state: 'attention', remedy }
}

export const notRead = (test: DoctorTestId, because: string, from: From): DoctorFinding =>
  findingOf(test, { measured: because, instead: 'not-read' }, from)

export const notApplicable = (test: DoctorTestId, because: string, from: From): DoctorFinding =>
  findingOf(test, { measured: because, instead: 'not-applicable' }, from)

/** Where Keyturn itself says so, because nothing was to be asked. */
export const nobodyAsked = { source: 'Keyturn', at: null } as const

/** The same of every object of a list, or one line that there is none. */
export const each = <Item>(
  items: readonly Item[],
  none: Verdict,
  verdictOf: (item: Item) => Verdict | readonly Verdict[],
): Verdict[] =>
  items.length === 0
    ? [none]
    : items.flatMap((item) => {
        const found = verdictOf(item)
        return isList(found) ? [...found] : [found]
      })
