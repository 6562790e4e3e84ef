import { certificateTasks } from '../../../shared/forms/certificate-draft.ts'
import type { Answers, FactOption, FormFacts } from '../../../shared/forms/form.ts'
import { generatedKeyBits } from '../sqlserver/certificate-rules.ts'
import { folderCheck, keySuggestions } from '../sqlserver/form-parts.ts'
import { certificateRow } from '../sqlserver/option-rows.ts'
import type { LocalKeyFiles } from '../sqlserver/read-local-files.ts'
import { shownOf } from '../sqlserver/words.ts'
import { compareRefusal, exportRefusal } from './blockers.ts'
import type { Facts } from './facts-model.ts'
import { otherTargets, replicaChecks, replicaText, suggestedReplicas } from './replicas.ts'

/** What one screen shows of the facts. With no server chosen yet, only the list of servers. */
export const formFacts = (
  screen: string,
  answers: Answers,
  facts: Facts | null,
  targets: readonly FactOption[],
  now: string,
): FormFacts => {
  if (facts === null) {
    return { options: { targets }, shown: [], flags: {}, suggested: {}, checks: [], readAt: now }
  }
  const refusal = answers['task'] === 'compare' ? compareRefusal : exportRefusal
  const files = facts.local?.read === true ? facts.local.value : null
  return {
    options: {
      targets,
      otherTargets: otherTargets(facts, targets),
      certificates: facts.certificates.read
        ? facts.certificates.value.map((one) => certificateRow(one, refusal(one)))
        : [],
      certificateFiles: fileOptions(files, /\.(cer|crt|der|pfx|p12)$/i),
      privateKeyFiles: fileOptions(files, /\.pvk$/i),
    },
    shown: shownOn(screen, answers, facts),
    flags: {},
    suggested: { ...suggestionsFor(answers, facts), ...suggestedReplicas(facts, answers) },
    checks: [
      ...(screen === 'places' ? folderCheck(facts.keyFolder) : []),
      ...(screen === 'places' && answers['task'] === 'copy' ? replicaChecks(facts) : []),
      ...(screen === 'places' && facts.local?.read === false
        ? [
            {
              name: 'Folder of yours',
              state: 'failed' as const,
              detail: facts.local.because,
              at: facts.local.at,
              field: 'sourceFolder',
            },
          ]
        : []),
    ],
    readAt: facts.readAt,
  }
}

const fileOptions = (files: LocalKeyFiles | null, wanted: RegExp): FactOption[] =>
  (files?.names ?? [])
    .filter((name) => wanted.test(name))
    .map((name) => {
      const read =
        [files?.certificate, files?.privateKey].find((file) => file?.name === name)?.certificate ?? null
      return {
        value: name,
        label: name,
        usable: true,
        ...(read === null
          ? {}
          : {
              facts: {
                Thumbprint: read.thumbprint,
                Key: `${read.bits} bits`,
                Expires: read.notAfter.toISOString().slice(0, 10),
              },
            }),
      }
    })

const shownOn = (screen: string, answers: Answers, facts: Facts): FormFacts['shown'] => {
  if (screen === 'places') {
    return answers['task'] === 'copy'
      ? [
          shownOf(
            facts.replicas,
            'Replicas that the catalog names',
            () => facts.replicasNamed.map(replicaText).join('; ') || 'none',
          ),
        ]
      : []
  }
  return [
    shownOf(facts.server, 'Version and edition', ({ version, edition }) => `${version}, ${edition}`),
    shownOf(facts.masterKey, 'Database master key of master', (key) =>
      key === null
        ? 'none'
        : key.opensByItself
          ? `there; the server opens it by itself (${key.algorithm})`
          : 'there; opens only with its password',
    ),
    ...(screen === 'certificate' && answers['task'] === 'create'
      ? [
          shownOf(
            facts.server,
            'Key of a new certificate',
            ({ major }) => `RSA ${generatedKeyBits(major)} bits, decided by the version`,
          ),
        ]
      : []),
  ]
}

const suggestionsFor = (answers: Answers, facts: Facts): FormFacts['suggested'] => {
  const task = certificateTasks.find((one) => one === answers['task'])
  const creates = task === 'create'
  const { certificateName, ...rest } = keySuggestions(facts)
  const files = facts.local?.read === true ? facts.local.value : null
  const beside = pvkBeside(files, answers['sourceCertificateFile'])
  return {
    ...rest,
    keyUse: { value: 'backup', because: 'The most common use' },
    ...(creates && certificateName !== undefined ? { certificateName } : {}),
    ...(beside === null
      ? {}
      : { sourcePrivateKeyFile: { value: beside, because: 'It has the name of the certificate file' } }),
  }
}

const pvkBeside = (files: LocalKeyFiles | null, chosen: unknown): string | null => {
  if (files === null || typeof chosen !== 'string' || /\.(pfx|p12)$/i.test(chosen)) return null
  const stem = chosen.replace(/\.[^.]*$/, '').toLowerCase()
  return files.names.find((name) => name.toLowerCase() === `${stem}.pvk`) ?? null
}
