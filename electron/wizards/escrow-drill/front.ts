import { escrowDrillForm } from '../../../shared/forms/escrow-drill.ts'
import {
  escrowDrillScreenProblems,
  escrowDrillScreens,
  shareFields,
} from '../../../shared/forms/escrow-drill-draft.ts'
import { givenNamesProblem } from '../../../shared/forms/escrow-drill-names.ts'
import type { FieldProblem } from '../../../shared/errors/problem.ts'
import type { Answers, FactOption } from '../../../shared/forms/form.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { escrowDrill } from './index.ts'
import { selfVouched } from './blockers.ts'
import { formFacts } from './options.ts'
import { namesUnfit } from './own-names.ts'
import { packageOf } from './plan.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. The package is read before any server is chosen. */
export const escrowDrillFront = (
  means: EscrowMeans,
  targets: () => readonly FactOption[],
  tokens: () => readonly FactOption[],
): JobFront => {
  // Facts of another package, server or token say nothing about these.
  const lastFacts = new Map<string, Facts>()
  const aboutOf = (answers: Answers): string =>
    JSON.stringify(
      ['packageFolder', 'packageName', 'signerFingerprint', 'putOn', 'drillTarget', 'hsm'].map(
        (field) => answers[field] ?? null,
      ),
    )
  return {
    job: escrowDrill(means),
    form: escrowDrillForm,
    facts: async (answers, screen, reader) => {
      const connected = { servers: targets(), tokens: tokens() }
      const orNull = (field: string, among: readonly FactOption[]) =>
        among.some(({ value }) => value === answers[field]) ? (answers[field] ?? null) : null
      const read = await readFacts(
        {
          ...answers,
          drillTarget: orNull('drillTarget', connected.servers),
          hsm: orNull('hsm', connected.tokens),
        },
        { ...reader, plannedAt: reader.clock.now() },
        means,
      )
      lastFacts.set(aboutOf(answers), read)
      return formFacts(screen, answers, read, connected)
    },
    problems: (answers, screen) => {
      const facts = lastFacts.get(aboutOf(answers))
      return escrowDrillScreens
        .filter((one) => one === screen || !escrowDrillScreens.some((known) => known === screen))
        .flatMap((one) => [
          ...escrowDrillScreenProblems(one, answers),
          ...(facts === undefined ? [] : factProblems(one, answers, facts)),
        ])
    },
    preview: (answers) => preview(answers, lastFacts.get(aboutOf(answers)) ?? null),
    exports: { 'runbook-md': runbooks['runbook-md'] },
  }
}

/** What answers lack in the light of the package that was read. */
const factProblems = (screen: string, answers: Answers, facts: Facts): FieldProblem[] => {
  const found = packageOf(facts)
  if (screen === 'package') {
    if (facts.package?.read === false) {
      const field = facts.packages.length > 1 ? 'packageName' : 'packageFolder'
      return [{ field, message: facts.package.because }]
    }
    if (found === null) return []
    const names = namesProblem(answers, found)
    return [
      ...(selfVouched(found)
        ? [
            {
              field: 'signerFingerprint',
              message:
                'Only the package itself vouches for its signer. Enter the fingerprint that was noted when it was made',
            },
          ]
        : []),
      ...(names === null ? [] : [{ field: 'certificateNames', message: names }]),
    ]
  }
  if (screen !== 'opening' || found === null || answers['openWith'] === 'recipient') return []
  const { threshold } = found.manifest.group
  return shareFields
    .slice(2, threshold)
    .flatMap((field, index) =>
      typeof answers[field] === 'string' && answers[field] !== ''
        ? []
        : [{ field, message: `The share of holder ${index + 3} is missing. The group needs ${threshold}` }],
    )
}

/** Null where the line itself has a problem: that is told already. */
const namesProblem = (answers: Answers, { manifest }: PackageFact): string | null => {
  const { purpose, items, certificateNames } = answers
  const typed = typeof certificateNames === 'string' ? certificateNames : ''
  if (purpose !== 'recovery' || answers['putOn'] === 'token' || givenNamesProblem(typed) !== null) return null
  return namesUnfit({ items: Array.isArray(items) ? items : [], certificateNames: typed }, manifest.items)
}
