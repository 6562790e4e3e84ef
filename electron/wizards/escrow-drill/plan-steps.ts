import type { EscrowDrillDraft } from '../../../shared/forms/escrow-drill-draft.ts'
import { linesOf } from '../../../shared/forms/restore-drill-blobs.ts'
import { contentOf, packageFolderName } from '../../../shared/model/escrow.ts'
import type { RunId } from '../../../shared/model/ids.ts'
import type { ManifestItem } from '../../escrow/package/manifest.ts'
import { sealedPath } from '../../escrow/package/paths.ts'
import {
  noteDrillWork,
  openItemWork,
  openPackageWork,
  verifyPackageWork,
} from '../../scripts/escrow/drill-work.ts'
import { deviceOfFiles } from '../../scripts/runbook/devices.ts'
import type { ParamsOf } from '../../scripts/runbook/step-params.ts'
import * as certificate from '../../scripts/tsql/certificate.ts'
import { dropDrillCertificate } from '../../scripts/tsql/drill.ts'
import { fileProbeFor } from '../../scripts/tsql/queries.ts'
import { verifyOnly } from '../../scripts/tsql/restore.ts'
import {
  emptyServerStep,
  masterKeySteps,
  removeCertificateStep,
  removeMasterKeySteps,
} from '../sqlserver/plan-drill.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { majorOf } from '../sqlserver/read-server.ts'
import type { Facts, PackageFact } from './facts-model.ts'
import {
  itemParams,
  once,
  onlyReads,
  openingOf,
  packageParams,
  plannedItems,
  shownOpening,
  type PackageParams,
} from './plan-parts.ts'
import { tokenSteps } from './plan-token.ts'

export const stepsFor = (
  draft: EscrowDrillDraft,
  facts: Facts,
  found: PackageFact,
  runId: RunId,
): Draftstep[] => {
  const items = plannedItems(draft, found, runId)
  const certificates = items.flatMap(({ item, certificate: name }) =>
    name === null ? [] : [{ item, certificate: name }],
  )
  // A key for a token stays wrapped here: only the token opens it.
  const openedHere = items.filter(({ onToken }) => !onToken)
  const folder = packageFolderName(found.manifest.id)
  const common = packageParams(draft, found)
  const opening = openingOf(draft, facts)
  const shown = shownOpening(draft, found)
  const drill = draft.purpose === 'drill'
  return [
    ...(drill && certificates.length > 0 ? [emptyServerStep] : []),
    {
      kind: 'verify-escrow-package',
      title: 'Package: read it again and check its signature',
      now: `${folder} was read and verified when this plan was made`,
      after: 'It is the same package, whole, and signed by the same key',
      scripts: [verifyPackageWork(folder, found.signer.fingerprint)],
      params: { ...common, purpose: draft.purpose },
      permission: 'Read access to the folder',
      undo: onlyReads,
      resume: 'named',
      ...once,
    },
    {
      kind: 'open-escrow-package',
      title:
        draft.openWith === 'shares'
          ? 'Group key: join the shares and open it'
          : 'Recipient’s key: open it and find its certificate',
      now: 'Nothing of the package is open',
      after: 'The private key opened and belongs to the package; it is wiped again',
      scripts: [openPackageWork(folder, shown)],
      params: { ...common, opening },
      permission: 'Read access to the folder',
      undo: onlyReads,
      resume: 'marked',
      ...once,
    },
    ...openedHere.map(({ item }): Draftstep => ({
      kind: 'open-escrow-item',
      title: `Item ${item.number}: open ${item.name} here`,
      now: `Sealed in ${sealedPath(item.number)}`,
      after:
        item.kind === 'certificate'
          ? 'It opened, its private key belongs to it, its public key is the one of the manifest; nothing was sent'
          : `It opened (${contentOf(item).words}) and was wiped; its content is given to nothing`,
      scripts: [openItemWork(folder, shown, sealedPath(item.number), comparedWords(item))],
      params: { ...common, opening, item: itemParams(item) },
      permission: 'Read access to the folder',
      undo: onlyReads,
      resume: 'marked',
      ...once,
    })),
    ...(certificates.length === 0
      ? []
      : serverSteps(draft, facts, { certificates, common, opening, folder })),
    ...tokenSteps(
      draft,
      facts,
      items.flatMap(({ item, onToken }) => (onToken ? [item] : [])),
      { common, opening, folder, shown },
    ),
    ...(found.listed === 'same'
      ? [
          {
            kind: 'note-escrow-drill',
            title: 'Note the drill beside the package',
            now:
              found.lastDrill === null
                ? 'The list of packages names no drill of it'
                : `Last one: ${found.lastDrill.at.slice(0, 10)}`,
            after: 'The list of packages of this profile names this one, with its date',
            scripts: [noteDrillWork(folder)],
            params: {
              ...common,
              purpose: draft.purpose,
              items: items.map(({ item }) => itemParams(item)),
            },
            permission: 'None',
            undo: { can: false, because: 'The drill was held; its date stays', leaves: 'nothing' },
            resume: 'named',
            ...once,
          } satisfies Draftstep,
        ]
      : []),
  ]
}

const comparedWords = ({ kind, spkiSha256, kcv }: ManifestItem): string =>
  spkiSha256 !== null
    ? 'compare its public half with the manifest'
    : kcv !== null
      ? 'compare its check value with the manifest'
      : kind === 'passphrase-record'
        ? 'tell its length'
        : 'tell its length and the beginning of its hash'

interface ServerWork {
  certificates: readonly { item: ManifestItem; certificate: string }[]
  common: PackageParams
  opening: ParamsOf<'open-escrow-package'>['opening']
  folder: string
}

const mayCreate = 'CREATE CERTIFICATE in master'

const serverSteps = (
  draft: EscrowDrillDraft,
  { target }: Facts,
  { certificates, common, opening, folder }: ServerWork,
): Draftstep[] => {
  const drill = draft.purpose === 'drill'
  const files = linesOf(draft.backupFiles)
  const masterKey = draft.masterKeyMode ?? 'use'
  return [
    ...masterKeySteps(masterKey, { server: 'the server', removed: false }),
    ...certificates.map(({ item, certificate: name }): Draftstep => ({
      kind: 'restore-escrow-certificate',
      title: `Item ${item.number}: restore it as certificate ${name}`,
      now: 'No certificate of that name in master',
      after: `It is there with the thumbprint of the item, its private key under the master key${drill ? '; the drill removes it at its end' : ''}`,
      scripts: [certificate.importCertificateBytes(name)],
      params: { ...common, opening, item: itemParams(item), certificate: name, keep: !drill },
      permission: mayCreate,
      undo: {
        can: true,
        action: `Drop certificate ${name}`,
        script: drill ? dropDrillCertificate(name) : certificate.dropCertificate(name),
      },
      resume: 'named',
      ...once,
    })),
    ...certificates.map(({ item, certificate: name }): Draftstep => ({
      kind: 'prove-escrow-certificate',
      title: `Item ${item.number}: let the server use its private key`,
      now: `Certificate ${name} is there; whether its private key works there was not tried`,
      after: 'The server opened the private key and handed it out; it opened here and fits',
      scripts: [certificate.fetchKeyPairOnce(name)],
      params: { ...common, purpose: draft.purpose, item: itemParams(item), certificate: name },
      permission: `CONTROL on certificate ${name}`,
      undo: onlyReads,
      resume: 'named',
      ...once,
    })),
    ...(files.length === 0
      ? []
      : [
          {
            kind: 'read-escrow-backup',
            title: `Use: read the encrypted backup ${files.join(', ')}`,
            now: 'Nothing but a certificate of this package can open it',
            after: 'Its header names one of the restored certificates, and the server read all of it',
            scripts: [verifyOnly(deviceOfFiles(files, null), false, 25)],
            params: {
              ...common,
              purpose: draft.purpose,
              account: target?.account.read === true ? target.account.value : null,
              probe: fileProbeFor(target === null ? 0 : majorOf(target)),
              known: [],
              files,
              items: certificates.map(({ item, certificate: name }) => ({
                ...itemParams(item),
                certificate: name,
              })),
            },
            permission: 'CREATE ANY DATABASE; the service account reads the files',
            undo: onlyReads,
            resume: 'named',
            ...once,
          } satisfies Draftstep,
        ]),
    ...(drill
      ? [
          ...certificates.map(({ certificate: name }) =>
            removeCertificateStep(name, {
              server: 'the server',
              came: 'restored',
              source: `${folder} is as it was`,
            }),
          ),
          ...removeMasterKeySteps(masterKey, 'the server'),
        ]
      : []),
  ]
}
