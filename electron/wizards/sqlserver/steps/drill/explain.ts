import type { Problem } from '../../../../../shared/errors/problem.ts'
import type { ErrorCode, ErrorParams } from '../../../../../shared/errors/catalogue.ts'
import type { StepContext } from '../../../../engine/contract.ts'
import type { DrillAround } from '../../../../scripts/runbook/drill-params.ts'
import { isThere } from '../help.ts'
import { grantCommand, orTold, quoted, systemError, thumbprintIn, toldAs, type Told } from '../refusals.ts'

/** What a statement of a drill was about, so that its refusal can be told with names and a fix. */
export interface About {
  around: DrillAround
  /** Files that the statement reads, as the drill server sees them. */
  files: readonly string[]
  /** The database that was backed up; null for key files. */
  original: string | null
}

interface Refusal {
  ctx: StepContext
  problem: Problem
  text: string
  about: About
}
type Reading = (refusal: Refusal) => Promise<Told>

const fileOf = ({ text, about }: Refusal): string => {
  const named = quoted(text)
  return named !== null && about.files.includes(named) ? named : (about.files[0] ?? named ?? 'the file')
}

const accountOf = ({ about }: Refusal): string => about.around.account ?? 'that the service runs under'

const device: Reading = async (refusal) => {
  // What is said of blobs is told well already: it has its own numbers of the operating system.
  if (refusal.problem.code.startsWith('url-')) return null
  const path = fileOf(refusal)
  switch (systemError(refusal.text)) {
    case 5:
      return [
        'drill-file-denied',
        { path, account: accountOf(refusal), command: grantCommand(path, refusal.about.around.account) },
      ]
    case 2:
    case 3:
    case 53:
    case 67:
      return ['drill-file-missing', { path }]
    case 112:
      return noSpace(refusal)
    default:
      return null
  }
}

/** 15208 says no more than "does not exist, is no key file, or may not be read": the server is asked for the first. */
const keyFile: Reading = async (refusal) => {
  const { ctx, about } = refusal
  for (const path of about.files) {
    if ((await isThere(ctx, about.around.probe, path)) === false) return ['drill-file-missing', { path }]
  }
  const { account } = about.around
  return [
    'drill-key-file-not-read',
    {
      path: about.files.join(' or '),
      account: accountOf(refusal),
      command: about.files.map((file) => grantCommand(file, account)).join('; '),
    },
  ]
}

const password: Reading = async ({ about }) => ['drill-wrong-password', { path: about.files.at(-1) ?? '' }]

const pair: Reading = async ({ about }) => ['drill-pair-mismatch', { path: about.files.at(-1) ?? '' }]

const damaged: Reading = async (refusal) => [
  'drill-backup-damaged',
  {
    path: refusal.about.files.length === 1 ? fileOf(refusal) : refusal.about.files.join(', '),
    what: refusal.text,
    original: refusal.about.original ?? 'the database',
  },
]

const keyMissing: Reading = async ({ ctx, text, about }) => {
  const thumbprint = thumbprintIn(text)
  const known = about.around.known.find((one) => one.thumbprint === thumbprint)?.what
  const given = ctx.earlier.flatMap(({ data }) =>
    typeof data?.['drillCertificate'] === 'string' ? [String(data['thumbprint'])] : [],
  )
  return [
    'drill-key-missing',
    {
      thumbprint,
      known:
        known ?? 'not on the server that took the backup any more; look for its key files by this thumbprint',
      given: given.length === 0 ? 'none was given' : given.join(', '),
    },
  ]
}

const stripes: Reading = async ({ about }) => [
  'drill-stripe-missing',
  { expected: 'more', given: about.files.length, path: about.files.join(', ') },
]

const newer: Reading = async ({ text }) => ['drill-newer-version', { what: text }]
const noSpace = ({ text }: Refusal): [ErrorCode, ErrorParams] => ['drill-no-space', { what: text }]
const edition: Reading = async () => ['drill-edition', {}]

const readings: ReadonlyMap<number, Reading> = new Map<number, Reading>([
  [3201, device],
  [3203, device],
  [15208, keyFile],
  [15297, keyFile],
  [15299, keyFile],
  [15464, keyFile],
  [15465, password],
  [15466, password],
  [15474, pair],
  [33111, keyMissing],
  [3132, stripes],
  [3133, stripes],
  [3169, newer],
  [3241, damaged],
  [3242, damaged],
  [3183, damaged],
  [3189, damaged],
  [3187, damaged],
  [3271, damaged],
  [3257, async (refusal) => noSpace(refusal)],
  [1101, async (refusal) => noSpace(refusal)],
  [33117, edition],
])

/** Runs a part of a step; what the server refuses is told with names and a fix. */
export const telling = <Result>(
  ctx: StepContext,
  about: About,
  work: () => Promise<Result>,
): Promise<Result> =>
  orTold(work, (thrown) =>
    toldAs(
      thrown,
      { target: ctx.sql.ref.name },
      (number, text, problem) => readings.get(number)?.({ ctx, problem, text, about }) ?? null,
    ),
  )
