import { exportPlaceKinds, type EscrowExportDraft } from '../../../shared/forms/escrow-export-draft.ts'
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
    secrets: {},
  }
  return previewOf(
    () =>
      planEscrowExport(
        withBlanks(answers),
        {
          ...read,
          group: read.group ?? blankGroup,
          places: read.places.length > 0 ? read.places : [blankPlace],
        },
        markBlank,
      ).plan,
  )
}

const blankPlace: Facts['places'][number] = {
  field: 'place',
  id: '',
  kind: 'folder',
  label: null,
  problem: null,
}

const withBlanks = (answers: Answers): EscrowExportDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  return {
    target: text('target', ''),
    certificates: textsOf(answers['certificates']),
    othersEncrypt: flag('othersEncrypt', false),
    keptPasswords: textsOf(answers['keptPasswords']),
    fileFolder: text('fileFolder', '') || null,
    certificateFile: text('certificateFile', ''),
    privateKeyFile: text('privateKeyFile', ''),
    pairPassword: text('pairPassword', '') || null,
    masterKeyFile: text('masterKeyFile', ''),
    masterKeyKind: oneOf('masterKeyKind', ['master-key', 'service-master-key']),
    masterKeyPassword: text('masterKeyPassword', '') || null,
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
    place: text('place', '') || null,
    placeKind: oneOf('placeKind', exportPlaceKinds),
    secondPlace: text('secondPlace', '') || null,
    secondPlaceKind: oneOf('secondPlaceKind', exportPlaceKinds),
    thirdPlace: text('thirdPlace', '') || null,
    thirdPlaceKind: oneOf('thirdPlaceKind', exportPlaceKinds),
  }
}
