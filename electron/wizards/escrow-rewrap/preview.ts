import { shareFields } from '../../../shared/forms/escrow-drill-draft.ts'
import { exportPlaceKinds } from '../../../shared/forms/escrow-export-draft.ts'
import {
  placeModes,
  recipientModes,
  type EscrowRewrapDraft,
} from '../../../shared/forms/escrow-rewrap-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { asPackageId } from '../../../shared/model/ids.ts'
import { blankGroup } from '../escrow/blank-group.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts, OldPackage } from './facts-model.ts'
import { textsOf } from './facts.ts'
import { planOf } from './plan.ts'
import { plannedPackages } from './plan-steps.ts'

/** What the answers so far lead to, once packages were read; blanks as ‹share group›, secrets as «name». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  if (facts === null) return { statements: [], refused: null }
  const draft = withBlanks(answers)
  // Facts may be older than the answers: the list of groups and of packages says enough for a script.
  const group = facts.groups.find(({ id }) => id === draft.newGroup)
  const read: Facts = {
    ...facts,
    packages: facts.packages.map((one) => ({ ...one, whole: one.whole ?? notReadYet(one.listed) })),
    group: group === undefined ? blankGroup : { ...blankGroup, facts: group },
    place: facts.place ?? { id: '', kind: draft.placeKind, label: null, problem: null },
  }
  return previewOf(() =>
    planOf(
      draft,
      read,
      markBlank,
      plannedPackages(draft, read, (old) => asPackageId(`‹new id of ${old}›`)),
    ),
  )
}

const notReadYet = ({ recipients }: OldPackage['listed']): OldPackage['whole'] => ({
  signer: '‹signer›',
  standing: 'known',
  recipients: recipients.map(({ kind, name }) => ({
    kind,
    name,
    certificate: new Uint8Array(),
    validFrom: '',
    validTo: '',
  })),
})

const withBlanks = (answers: Answers): EscrowRewrapDraft => {
  const { text, oneOf } = blanksOf(answers)
  const handle = (field: string): string | null => text(field, '') || null
  const shares = Object.fromEntries(
    shareFields.map((field, index) => [field, handle(field) ?? (index < 2 ? `‹share ${index + 1}›` : null)]),
  ) as Pick<EscrowRewrapDraft, (typeof shareFields)[number]>
  return {
    oldGroup: text('oldGroup', ''),
    lookIn: handle('lookIn'),
    packages: textsOf(answers['packages']),
    newGroup: handle('newGroup'),
    recipientMode: oneOf('recipientMode', recipientModes),
    recipientFolder: handle('recipientFolder'),
    custodianFiles: textsOf(answers['custodianFiles']),
    recoveryFiles: textsOf(answers['recoveryFiles']),
    placeMode: oneOf('placeMode', placeModes),
    place: handle('place'),
    placeKind: oneOf('placeKind', exportPlaceKinds),
    ...shares,
  }
}
