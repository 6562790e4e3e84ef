import type { Plan } from '../../../shared/model/plan.ts'
import { displayScript, hostScriptStart } from '../../../shared/model/script.ts'
import { comment, lines, literal, ps, whole } from '../powershell/fragment.ts'

/**
 * The steps of a plan that belong on the Windows host, as one file: `-Step 3` runs the script of step 3, letter by letter
 * that of the plan. Format: docs/formats/runbook.md. Pure; holds no secret.
 */
export const runbookPowerShell = (plan: Plan, digest: string): string => {
  const steps = plan.steps.flatMap((step, index) =>
    step.scripts
      .filter(({ language }) => language === 'powershell')
      .map((script) => ({ number: index + 1, step, text: displayScript(script) })),
  )
  return `${
    lines([
      ps`${{ powerShell: hostScriptStart }}`,
      comment(plan.title),
      comment(`Runbook made by Keyturn. Run mark ${plan.runId.slice(0, 8)}, plan ${digest}`),
      comment('Run each step as an administrator when the steps before it are done: -Step NUMBER'),
      ...steps.map(({ number, step }) => comment(`  ${number}: ${step.title}, on ${step.target.name}`)),
      ps`param([Parameter(Mandatory = $true)][int]$Step)`,
      ...steps.map(
        ({ number, text }) => ps`
if ($Step -eq ${whole(number)}) { & {
${{ powerShell: text }}
}; return }`,
      ),
      ps`
throw ${literal('This plan has no step of that number on a Windows host')}`,
    ]).powerShell
  }\n`
}
