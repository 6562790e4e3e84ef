import type { Plan, PlannedStep, PlanTarget } from '../../../shared/model/plan.ts'
import { displayScript, runbookScript } from '../../../shared/model/script.ts'
import { undoWords } from '../../../shared/model/undo-words.ts'
import { queryText, text, tsql, type Fragment } from '../tsql/fragment.ts'
import { partsOf, type Part, type Piece } from './parts.ts'
import { comment, refuseVariablesIn, variablesOf } from './text.ts'

/**
 * The plan as one file for sqlcmd (or any client that knows `GO` and `$(NAME)`). Format: docs/formats/runbook.md. The
 * statements are those of the plan, letter by letter; before and after each stands a question that stops the file. A
 * plan on several servers has parts: the variable PART says which one runs. `answers-incomplete` where a name can't
 * pass through sqlcmd.
 */
export const runbookSql = (plan: Plan, digest: string): string => {
  refuseVariablesIn(plan)
  const parts = partsOf(plan)
  const count = plan.steps.length
  const several = parts.length > 1 || plan.targets.filter(({ ref }) => ref.kind === 'sqlserver').length > 1
  const batches = [
    head(plan, digest, several ? parts : []),
    ...parts.flatMap((part, index) => [
      ...(several ? [partHead(part, index + 1, parts.length)] : []),
      rightServer(part.target),
      ...part.pieces.flatMap((piece) => stepBatches(piece, count)),
    ]),
    "SET NOEXEC OFF;\nPRINT N'End of the runbook. If a line above says that it stopped, the steps after that line did not run.';",
  ]
  return `${batches.map((batch) => `${batch}\nGO\n`).join('\n')}`
}

const head = (plan: Plan, digest: string, parts: readonly Part[]): string => {
  // What is done in Azure needs no variable of this file.
  const variables = variablesOf({
    ...plan,
    steps: plan.steps.filter(({ target }) => target.kind === 'sqlserver'),
  })
  const server = plan.targets[0]?.ref.name ?? ''
  return [
    comment(plan.title),
    comment(`Runbook made by Keyturn. Run mark ${plan.runId.slice(0, 8)}, plan ${digest}`),
    comment(''),
    ...(parts.length === 0
      ? [comment(`Runs on ${server} only; it stops anywhere else. Stop at the first error: sqlcmd -b`)]
      : [
          comment('Runs in parts, in this order, each on its own server; a part stops on any other server.'),
          comment('Begin a part only when the one before it ended without an error: sqlcmd -b -v PART=1'),
          ...parts.map(({ target, pieces }, index) =>
            comment(
              `  Part ${index + 1} on ${target.ref.name}: ${[...new Set(pieces.map(({ number }) => `step ${number}`))].join(', ')}`,
            ),
          ),
        ]),
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

/** From here on nothing of the part before runs any more, and of this one only where PART names it. */
const partHead = ({ target }: Part, number: number, count: number): string =>
  [
    comment('='.repeat(100)),
    comment(`Part ${number} of ${count}: run this part on ${target.ref.name}, with PART=${number}`),
    comment('='.repeat(100)),
    'SET NOEXEC OFF;',
    'USE [master];',
    `IF N'$(PART)' <> N'${number}' SET NOEXEC ON;`,
  ].join('\n')

/** `SERVERPROPERTY` is compared as the plan read it. */
const rightServer = (target: PlanTarget | undefined): string => {
  const identity = target?.identity
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

const stepBatches = ({ step, number, scripts, guards, hint }: Piece, count: number): string[] => {
  const { stopIfBefore, stopIfAfter, show } = guards
  const about = [
    comment(`Step ${number} of ${count}: ${step.title}`),
    comment(`Now: ${step.now}`),
    comment(`After: ${step.after}`),
    comment(`Permission: ${step.permission}`),
    ...undoLines(step),
    ...hint.map(comment),
  ].join('\n')
  return [
    `${about}${
      stopIfBefore === null
        ? ''
        : `\n${stopIf(stopIfBefore, `step ${number} did not run: what it makes is there already, or what it needs is not`)}`
    }`,
    ...scripts.map((script) =>
      script.language === 'powershell' ? comment(onHost(number)) : runbookScript(script),
    ),
    ...show,
    ...(stopIfAfter === null
      ? []
      : [
          `USE [master];\n${stopIf(stopIfAfter, `after step ${number} the server does not show what the step was to make`)}`,
        ]),
  ]
}

const onHost = (number: number): string =>
  `Step ${number} runs on the Windows host, not here: runbook .ps1 with -Step ${number}. Go on when it ended without an error`

const undoLines = ({ undo }: PlannedStep): string[] => {
  if (undo.can === false) return [comment(undoWords(undo))]
  return [
    comment(undoWords(undo)),
    ...displayScript(undo.script)
      .split('\n')
      .map((line) => comment(`  ${line}`)),
  ]
}
