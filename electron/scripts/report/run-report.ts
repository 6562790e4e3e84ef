import { highestProofs } from '../../../shared/model/evidence.ts'
import type { RunView, StepRunView } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'

/**
 * A run as a Markdown document that stands alone: who, when, what was run, what was read back, what was not checked.
 * Secrets appear as «name» only. Nothing is folded or cut.
 */
export const runReport = (run: RunView, { rehearsal }: { rehearsal: boolean }): string => {
  const targets = run.plan.targets.map(({ ref }) => `${ref.name} (${ref.environment})`).join(', ')
  return [
    `# ${rehearsal ? 'REHEARSAL: ' : ''}${run.title}`,
    '',
    ...(rehearsal
      ? ['Made in a rehearsal with simulated servers. Nothing in it is proof about a real system.', '']
      : []),
    table([
      ['Run', run.id],
      ['State', run.state],
      ['Targets', targets],
      ['Ticket', run.ticket],
      ['Reason', run.reason],
      ['Operator', run.operator],
      ['Principal at the target', run.principal],
      ['Started (UTC)', run.startedAt],
      ['Ended (UTC)', run.endedAt ?? 'not ended'],
      ['Approved digest (SHA-256)', run.digest],
    ]),
    '## Steps',
    ...run.plan.steps.flatMap((step, index) =>
      stepSection(run, index, run.steps[index]).concat(scripts(step.scripts.map(displayScript))),
    ),
    '## How far each key copy was proven',
    proofs(run),
    '## Not checked',
    ...(run.notChecked.length === 0
      ? ['Nothing is listed here by this job.']
      : run.notChecked.map((line) => `- ${line}`)),
    '',
  ].join('\n')
}

const stepSection = (run: RunView, index: number, outcome: StepRunView | undefined): string[] => {
  const step = run.plan.steps[index]
  if (!step) return []
  return [
    `### ${index + 1}. ${step.title}`,
    '',
    table([
      ['State', outcome?.state ?? 'not reached'],
      ['Target', step.target.name],
      ['Permission', step.permission],
      ['Started (UTC)', outcome?.startedAt ?? 'not started'],
      ['Ended (UTC)', outcome?.endedAt ?? 'not ended'],
      ...(outcome?.problem ? [['Problem', problemText(outcome.problem)] as [string, string]] : []),
    ]),
    ...(outcome && outcome.evidence.length > 0
      ? [
          '| Statement | Value | Source | Time (UTC) |',
          '| --- | --- | --- | --- |',
          ...outcome.evidence.map(({ statement, value, source, at }) => row([statement, value, source, at])),
          '',
        ]
      : []),
  ]
}

const scripts = (texts: string[]): string[] => texts.flatMap((text) => ['```sql', text, '```', ''])

const proofs = (run: RunView): string => {
  const all = highestProofs(run.steps.flatMap((step) => step.proofs))
  if (all.length === 0) return 'No key was exported in this run.\n'
  return [
    '| Key | Copy | Level | By | Time (UTC) | Note |',
    '| --- | --- | --- | --- | --- | --- |',
    ...all.map((proof) => row([proof.key, proof.location, proof.level, proof.by, proof.at, proof.note])),
    '',
  ].join('\n')
}

const problemText = ({ title, vendor }: NonNullable<StepRunView['problem']>): string =>
  vendor ? `${title} (${vendor.system.toUpperCase()} ${vendor.number})` : title

const table = (rows: [string, string][]): string =>
  ['| | |', '| --- | --- |', ...rows.map(row), ''].join('\n')

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`

/** Names come from servers: they must not break the table or become markup. */
const cell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/\p{Cc}+/gu, ' ')
