import { packageFolderName } from '../../../shared/model/escrow.ts'
import { packageIdOf } from '../../escrow/package-id.ts'
import {
  placeWords,
  registerPackageWork,
  writePackageWork,
  groupText,
} from '../../scripts/escrow/package-work.ts'
import {
  compareByCheckValue,
  compareBySignature,
  dropEphemeral,
  generateEphemeral,
  script,
  unwrapForCheck,
  usePublicKey,
  wrapEphemeral,
  wrapKey,
} from '../../scripts/pkcs11/calls.ts'
import { plannedRecipient, recipientName } from '../escrow/recipients.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { mechanismOf, type Wanted } from './plan.ts'

/** What the manifest says the key is for. */
export const purposeOf = (type: Wanted['draft']['type']): string =>
  type === 'aes-256' ? 'Encrypts and wraps on the token' : 'Wraps keys that encrypt databases and backups'

/** The package is written, then read back and registered; the key is locked after that. */
export const escrowSteps = (wanted: Wanted): Draftstep[] => {
  const { draft, facts, escrowGroup: group, escrowRecipients: recipients, keyId, runId } = wanted
  if (group === null || group.facts.spkiSha256 === null || draft.place === null) return []
  const id = packageIdOf(runId)
  const folder = packageFolderName(id)
  const where = placeWords[draft.placeKind]
  const { mechanism, testOnly } = mechanismOf(wanted)
  const oaep = facts.probe?.oaep.sha256 === true ? 'sha256' : 'sha1'
  const { label, type } = draft
  const place = { id: draft.place, kind: draft.placeKind }
  const openers = [
    { name: `share group ${group.facts.name}`, print: group.facts.spkiSha256 },
    ...recipients.map(({ facts: certificate }) => ({
      name: recipientName(certificate.subject),
      print: certificate.publicKeySpkiSha256.toLowerCase(),
    })),
  ]
  const stays = `A copy of keys is not deleted by an undo. Stays there: ${folder}. Delete it if the key is undone`
  return [
    {
      kind: 'escrow-hsm-key',
      title: `Wrap ${label} for ${openers.length === 1 ? 'the share group' : `the share group and ${openers.length - 1} more`}, and write the package`,
      now: `No ${folder} there`,
      after: `It is there, signed, and was read back${testOnly ? '. The token wraps against RFC 5649, and the manifest says so' : ''}`,
      scripts: [
        script(
          generateEphemeral(),
          ...openers.flatMap(({ name, print }) => [usePublicKey(name, print), wrapEphemeral(name, oaep)]),
          wrapKey(mechanism, keyId),
          unwrapForCheck(mechanism),
          type === 'aes-256' ? compareByCheckValue() : compareBySignature('CKM_SHA256_RSA_PKCS'),
          dropEphemeral(),
        ),
        writePackageWork(
          folder,
          where,
          [
            {
              path: 'group/',
              what: groupText(group.facts),
            },
            ...recipients.map(({ facts: certificate, sha256 }, index) => ({
              path: `recipients/${String(index + 1).padStart(2, '0')}.pem`,
              what: `${certificate.subject}, SHA-256 ${sha256}`,
            })),
            { path: 'items/01.p7', what: `${label}, as the token wrapped it` },
            { path: 'items/01.halves.json', what: 'the same parts without CMS around them' },
            ...(type === 'aes-256' ? [] : [{ path: 'items/01.public.pem', what: 'its public key' }]),
            { path: 'MANIFEST.json', what: 'public: what is in it, who opens it, SHA-256 of every file' },
            {
              path: 'MANIFEST.sig',
              what: 'signed by the key that countersigns the record; SIGNER.pem is its public half',
            },
            {
              path: 'README-RECOVER.txt',
              what: 'how it opens with OpenSSL and Python alone; recombine.py joins shares',
            },
          ],
          draft.placeKind,
        ),
      ],
      params: {
        label,
        keyId,
        type,
        package: id,
        group: { id: group.facts.id, spkiSha256: group.facts.spkiSha256 },
        recipients: recipients.map(plannedRecipient),
        mechanism,
        testOnly,
        oaep,
        purpose: purposeOf(type),
        token: {
          serial: facts.token.serial,
          model: `${facts.token.manufacturer} ${facts.token.model}`.slice(0, 100),
          firmware: facts.token.firmware,
        },
        place,
      },
      permission: `The PIN of the user of ${facts.target.name}; write access to the place`,
      undo: { can: false, because: stays },
      resume: 'marked',
      stopNow: null,
    },
    {
      kind: 'register-escrow-package',
      title: 'Read the package back from where it is kept, and register it as escrowed',
      now: 'It counts as written, not as escrowed',
      after: 'Every file was read from its place, checked and compared; the list of packages says when',
      scripts: [registerPackageWork(folder, [where])],
      params: { package: id, places: [place] },
      permission: 'Read access to the place',
      undo: { can: false, because: 'It changes only this profile’s list of packages', leaves: 'nothing' },
      resume: 'named',
      stopNow: null,
    },
  ]
}
