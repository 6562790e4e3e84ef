import type { EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
import { placesShape } from '../../../shared/forms/escrow-places-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { blankGroup } from '../escrow/blank-group.ts'
import {
  blanksOf,
  markBlank,
  noServerFacts,
  notYet,
  previewOf,
  type Preview,
} from '../sqlserver/preview-parts.ts'
import type { Facts } from './facts-model.ts'
import { textsOf } from './facts.ts'
import { planEscrowExport } from './plan.ts'

/** What the answers so far lead to; blanks as ‹place›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const read: Facts = facts ?? {
    ...noServerFacts,
    publicHalves: notYet,
    kept: [],
    files: null,
    groups: [],
    group: null,
    recipients: null,
    places: [],
    azure: null,
    secrets: {},
  }
  return previewOf(
    () =>
      planEscrowExport(
        withBlanks(answers),
        {
          ...read,
          group: read.group ?? blankGroup,
          places: read.places.length > 0 ? read.places : [blankPlace(answers)],
        },
        markBlank,
      ).plan,
  )
}

const blankPlace = (answers: Answers): Facts['places'][number] =>
  answers['placeKind'] === 'blob-container'
    ? {
        field: 'place',
        kind: 'blob-container',
        azure: { id: '', name: '‹subscription›' },
        host: '‹account›',
        account: '‹account›',
        container: '‹container›',
        label: '‹account›/‹container›',
        problem: null,
        retention: '',
        keeps: false,
        service: null,
        mayDelete: null,
        publicBlobs: false,
      }
    : { field: 'place', id: '', kind: 'folder', label: null, problem: null }

const withBlanks = (answers: Answers): EscrowExportDraft => {
  const { text, flag } = blanksOf(answers)
  return {
    target: text('target', ''),
    certificates: textsOf(answers['certificates']),
    othersEncrypt: flag('othersEncrypt', false),
    keptPasswords: textsOf(answers['keptPasswords']),
    azure: text('azure', '') || null,
    vault: text('vault', ''),
    vaultKeys: textsOf(answers['vaultKeys']),
    fileFolder: text('fileFolder', '') || null,
    certificateFile: text('certificateFile', ''),
    privateKeyFile: text('privateKeyFile', ''),
    pairPassword: text('pairPassword', '') || null,
    masterKeyFile: text('masterKeyFile', ''),
    masterKeyPassword: text('masterKeyPassword', '') || null,
    serviceKeyFile: text('serviceKeyFile', ''),
    serviceKeyPassword: text('serviceKeyPassword', '') || null,
    vaultBackups: textsOf(answers['vaultBackups']),
    passphrase: text('passphrase', '') || null,
    passphraseName: text('passphraseName', '‹what it opens›'),
    passphraseGeneration:
      typeof answers['passphraseGeneration'] === 'number' ? answers['passphraseGeneration'] : 1,
    passphraseBackup: text('passphraseBackup', '‹backup›'),
    group: text('group', '') || null,
    recipientFolder: text('recipientFolder', '') || null,
    custodianFiles: textsOf(answers['custodianFiles']),
    recoveryFiles: textsOf(answers['recoveryFiles']),
    ...placesWith(answers),
  }
}

/** Places are told by the facts; what stands in their answers is kept where it can be read at all. */
const placesWith = (answers: Answers): ReturnType<typeof placesShape.parse> => {
  const read = placesShape.safeParse(answers)
  return read.success ? read.data : placesShape.parse({})
}
