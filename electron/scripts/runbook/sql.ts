import type { Plan, PlannedStep } from '../../../shared/model/plan.ts'
import { displayScript, runbookScript } from '../../../shared/model/script.ts'
import { queryText, text, tsql, type Fragment } from '../tsql/fragment.ts'
import { guardsOf } from './sql-guards.ts'
import { comment, refuseVariablesIn, variablesOf } from './text.ts'

/**
 * The plan as one file for sqlcmd (or any client that knows `GO` and `$(NAME)`). Format: docs/formats/runbook.md. The
 * statements are those of the plan, letter by letter; before and after each stands a question that stops the file.
 * `answers-incomplete` where a name can't pass through sqlcmd.
 */
export const runbookSql = (plan: Plan, digest: string): string => {
  refuseVariablesIn(plan)
  const batches = [
    head(plan, digest),
    rightServer(plan),
    ...plan.steps.flatMap((step, index) =>
      step.target.id === plan.targets[0]?.ref.id
        ? stepBatches(step, index + 1, plan.steps.length)
        : [elsewhere(step, index + 1, plan.steps.length)],
    ),
    "SET NOEXEC OFF;\nPRINT N'End of the runbook. If a line above says that it stopped, the steps after that line did not run.';",
  ]
  return `${batches.map((batch) => `${batch}\nGO\n`).join('\n')}`
}

const head = (plan: Plan, digest: string): string => {
  const variables = variablesOf(plan)
  const server = plan.targets[0]?.ref.name ?? ''
  return [
    comment(plan.title),
    comment(`Runbook made by Keyturn. Run mark ${plan.runId.slice(0, 8)}, plan ${digest}`),
    comment(''),
    comment(`Runs on ${server} only; it stops anywhere else. Stop at the first error: sqlcmd -b`),
    comment(
      'Secrets are sqlcmd variables. Give each as an environment variable or with -v, not in this file:',
    ),
    ...variables.map(({ variable, what }) => comment(`  ${variable}: ${what}`)),
    comment('A password must not hold a quotation mark or a dollar sign followed by a parenthesis.'),
    comment(''),
    comment('A step that stops names what it found. Running the file again after a stop needs a new plan:'),
    comment('the names of its files are taken then, and nothing here writes over a file.'),
    'SET NOCOUNT ON;',
    'USE [master];',
  ].join('\n')
}

/** `SERVERPROPERTY` is compared as the plan read it. */
const rightServer = (plan: Plan): string => {
  const identity = plan.targets[0]?.identity
  const expected =
    typeof identity === 'object' && identity !== null && 'serverName' in identity
      ? String(identity['serverName'])
      : ''
  return stopIf(
    tsql`ISNULL(CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)), N'') <> ${text(expected)}`,
    'This is not the server of the plan. Nothing was run',
  )
}

const stopIf = (condition: Fragment, message: string): string =>
  queryText(tsql`IF ${condition}
BEGIN
  RAISERROR(${text(`Stopped: ${message}.`.replaceAll('%', '%%'))}, 16, 1);
  SET NOEXEC ON;
END;`)

/** This file runs on one server. What another server gets is written out to be run there, by hand. */
const elsewhere = (step: PlannedStep, number: number, count: number): string =>
  [
    comment(`Step ${number} of ${count}: ${step.title}`),
    comment(`It acts on ${step.target.name}: not part of this file's run. Permission: ${step.permission}`),
    ...step.scripts.flatMap((script) =>
      runbookScript(script)
        .split('\n')
        .map((line) => comment(`  ${line}`)),
    ),
  ].join('\n')

const stepBatches = (step: PlannedStep, number: number, count: number): string[] => {
  const { stopIfBefore, stopIfAfter, show } = guardsOf(step)
  const about = [
    comment(`Step ${number} of ${count}: ${step.title}`),
    comment(`Now: ${step.now}`),
    comment(`After: ${step.after}`),
    comment(`Permission: ${step.permission}`),
    ...undoLines(step),
    ...(step.kind === 'fetch-certificate-pair' ? fetchLines : []),
  ].join('\n')
  return [
    `${about}${
      stopIfBefore === null
        ? ''
        : `\n${stopIf(stopIfBefore, `step ${number} did not run: what it makes is there already, or what it needs is not`)}`
    }`,
    ...step.scripts.map(runbookScript),
    ...show,
    ...(stopIfAfter === null
      ? []
      : [
          `USE [master];\n${stopIf(stopIfAfter, `after step ${number} the server does not show what the step was to make`)}`,
        ]),
  ]
}

const undoLines = ({ undo }: PlannedStep): string[] => {
  if (undo.can === false) return [comment(`Cannot be undone: ${undo.because}`)]
  const until = undo.can === 'until' ? ` (only before step ${undo.beforeStep})` : ''
  return [
    comment(`Undo${until}: ${undo.action}`),
    ...displayScript(undo.script)
      .split('\n')
      .map((line) => comment(`  ${line}`)),
  ]
}

const fetchLines = [
  comment(
    'Shows the pair as binary values, for a copy that never was on the server’s disk. Write the bytes of',
  ),
  comment(
    '"certificate" to a .cer file and those of "private_key" to a .pvk file, then open both with the password.',
  ),
  comment('Treat the output as a key: whoever has it and the password can restore the backups.'),
]
