import { createHash } from 'node:crypto'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { asRunId, asShareGroupId, type RunId } from '../../shared/model/ids.ts'
import type { Environment } from '../../shared/model/target.ts'
import type { PrintDocument, PrintHead, PrintPageName } from '../../shared/model/print.ts'
import { canonicalJson } from '../engine/canonical.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../ports/clock.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { KindAndBody } from '../../shared/model/record.ts'
import { ceremonyReport } from '../escrow/ceremony-report.ts'
import type { EscrowRegister } from '../escrow/register.ts'
import type { Record } from '../record/record.ts'
import { sheetSections } from './handlers/keyring.ts'

/** One page that can be printed: where its data comes from, its file, and what the record says about it. */
export interface PrintPage {
  /** `not-found` where there is no such object. */
  document(id: string | null): PrintDocument
  /** Without folder and ending; REHEARSAL is put before it. */
  fileName(id: string | null): string
  entry(document: PrintDocument, to: string): KindAndBody & { runId?: RunId }
}

export type PrintPages = { readonly [Name in PrintPageName]: PrintPage }

export interface PrintParts {
  engine: Engine
  keyring: Pick<Keyring, 'recoverySheet'>
  record: Pick<Record, 'page' | 'latest'>
  register(): EscrowRegister
  clock: Clock
  rehearsal: boolean
  /** Account of this process, for "made by". */
  operator: string
}

const danger: readonly Environment[] = ['production', 'test', 'rehearsal']

export const printPages = ({
  engine,
  keyring,
  clock,
  rehearsal,
  operator,
  record,
  register,
}: PrintParts): PrintPages => {
  const head = (
    content: unknown,
    given: Omit<PrintHead, 'rehearsal' | 'madeBy' | 'madeAt' | 'digest'>,
  ): PrintHead => ({
    ...given,
    rehearsal,
    madeBy: operator,
    madeAt: clock.now().toISOString(),
    digest: createHash('sha256')
      .update(canonicalJson(plain(content)))
      .digest('hex'),
  })
  return {
    run: {
      document: (id) => {
        const run = engine.get(asRunId(wanted(id)))
        const targets = run.plan.targets.map(({ ref }) => ref)
        const read = run.steps.flatMap(({ evidence }) => evidence.map(({ at }) => at)).toSorted()
        const environment = danger.find((one) => targets.some((target) => target.environment === one))
        return {
          page: 'run',
          head: head(run, {
            title: `Report of the run “${run.title}”`,
            environment: environment ?? 'none',
            scope: `Run ${run.id}, all ${run.steps.length} steps`,
            sources: targets.map(({ name }) => ({ source: name, asOf: read.at(-1) ?? run.startedAt })),
            silent: [],
          }),
          content: run,
        }
      },
      fileName: (id) => `keyturn-run-${wanted(id)}`,
      entry: (document, to) => ({
        kind: 'report-exported',
        body: { title: document.head.title, format: 'pdf', to },
        ...(document.page === 'run' ? { runId: document.content.id } : {}),
      }),
    },
    'recovery-sheet': {
      document: () => {
        const sheet = keyring.recoverySheet()
        const content = { sections: sheetSections(sheet) }
        return {
          page: 'recovery-sheet',
          head: head(content, {
            title: sheet.title,
            environment: 'this computer',
            scope: 'The keyring of this profile. The passphrase is not on this sheet',
            sources: [{ source: 'Keyring file', asOf: sheet.madeAt }],
            silent: [],
          }),
          content,
        }
      },
      fileName: () => 'keyturn-recovery-sheet',
      entry: () => ({ kind: 'recovery-sheet-made', body: {} }),
    },
    ceremony: {
      document: (id) => {
        const content = ceremonyReport({ record, register }, asShareGroupId(wanted(id)))
        return {
          page: 'ceremony',
          head: head(content, {
            title: `Record of the share ceremony of the group “${content.group.name}”`,
            environment: 'this computer',
            scope: `Group ${content.group.id}, ${content.entries.length} entries of the record`,
            sources: [
              { source: 'Record of this profile', asOf: content.entries.at(-1)?.at ?? content.group.created },
            ],
            silent: [],
          }),
          content,
        }
      },
      fileName: (id) => `keyturn-ceremony-${wanted(id)}`,
      entry: (document, to) => ({
        kind: 'report-exported',
        body: { title: document.head.title, format: 'pdf', to },
      }),
    },
    // Main gives this one to the door that prints, and to nobody who asks.
    'share-sheet': {
      document: () => {
        throw new KeyturnError('ipc-refused')
      },
      fileName: () => {
        throw new KeyturnError('ipc-refused')
      },
      entry: () => {
        throw new KeyturnError('ipc-refused')
      },
    },
  }
}

const wanted = (id: string | null): string => {
  if (id === null) throw new KeyturnError('not-found', { what: 'The object to print' })
  return id
}

/** Without fields that are `undefined`: what crosses to the window has none either. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
