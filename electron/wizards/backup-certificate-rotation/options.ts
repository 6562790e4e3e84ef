import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { generatedKeyBits } from '../sqlserver/certificate-rules.ts'
import { folderCheck, keySuggestions } from '../sqlserver/form-parts.ts'
import { certificateRow } from '../sqlserver/option-rows.ts'
import { agentStepText } from '../sqlserver/read-certificate-users.ts'
import { shownOf } from '../sqlserver/words.ts'
import { oldRefusal } from './advice.ts'
import type { Facts } from './facts.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  _answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  return {
    options: {
      targets,
      oldCertificates: facts.certificates.read
        ? facts.certificates.value.map((one) => certificateRow(one, oldRefusal(one)))
        : [],
    },
    shown: screen === 'certificates' ? shownOn(facts) : [],
    flags: {},
    suggested: { ...keySuggestions(facts), ...oldSuggestion(facts) },
    checks: screen === 'files' ? folderCheck(facts.keyFolder) : [],
    readAt: facts.readAt,
  }
}

const shownOn = (facts: Facts): FormFacts['shown'] => [
  shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
  shownOf(
    facts.server,
    'Key of a new certificate',
    ({ major }) => `RSA ${generatedKeyBits(major)} bits, decided by the version`,
  ),
  ...(facts.agentSteps === null
    ? []
    : [
        shownOf(facts.agentSteps, 'Job steps that name the old certificate', (steps) =>
          steps.length === 0 ? '0' : steps.map(agentStepText).join('; '),
        ),
      ]),
]

/** The one with most backups: that is what the schedule uses. */
const oldSuggestion = (facts: Facts): FormFacts['suggested'] => {
  const used = facts.certificates.read
    ? facts.certificates.value
        .filter((one) => oldRefusal(one) === null && (one.backups ?? 0) > 0)
        .sort((a, b) => (b.backups ?? 0) - (a.backups ?? 0))[0]
    : undefined
  return used === undefined
    ? {}
    : {
        oldCertificate: {
          value: used.name,
          because: `Most backups on record were taken with it: ${used.backups ?? 0}`,
        },
      }
}
