import type { StepContext } from '../../../engine/contract.ts'
import {
  grantCommand,
  orTold,
  quoted,
  systemError,
  thumbprintIn,
  toldAs,
  type Told,
} from '../../sqlserver/steps/refusals.ts'

/** What a statement on the destination was about, so that its refusal can be told with names and a fix. */
export interface About {
  database: string
  /** Files that the statement opens, as the destination sees them. */
  files: readonly string[]
  /** The destination's service account; null: not visible. */
  account: string | null
  rights: 'R' | 'F'
}

/** Runs a part of a step; what the server refuses is told with names and a fix. By number, never by text. */
export const telling = <Result>(
  ctx: StepContext,
  about: About,
  work: () => Promise<Result>,
): Promise<Result> =>
  orTold(work, (thrown) =>
    toldAs(thrown, { target: ctx.sql.ref.name, database: about.database }, (number, text) =>
      reading(number, text, about, ctx),
    ),
  )

const reading = (number: number, text: string, about: About, ctx: StepContext): Told => {
  switch (number) {
    case 33111: {
      const thumbprint = thumbprintIn(text)
      return ['move-certificate-missing', { thumbprint, what: `it has no certificate ${thumbprint}` }]
    }
    case 33117:
      return ['move-edition', {}]
    case 948:
    case 3169:
      return ['move-newer-version', { what: text }]
    case 1801:
      return ['sql-exists', { what: `Database ${about.database}`, target: ctx.sql.ref.name }]
    case 1101:
    case 1105:
    case 3257:
      return ['move-no-space', { what: text }]
    case 3241:
    case 3242:
      return ['move-backup-other', { path: about.files[0] ?? '', what: text }]
    case 3201:
    case 3203:
    case 5120:
    case 5123:
    case 5133:
      return device(text, about)
    default:
      return null
  }
}

const device = (text: string, about: About): Told => {
  const named = quoted(text)
  const path = about.files.find((file) => file.toLowerCase() === named?.toLowerCase()) ?? about.files[0] ?? ''
  switch (systemError(text)) {
    case 5:
      return [
        'move-file-denied',
        {
          path,
          account: about.account ?? 'that the service runs under',
          command: grantCommand(path, about.account, about.rights),
        },
      ]
    case 112:
      return ['move-no-space', { what: text }]
    default:
      return null
  }
}
