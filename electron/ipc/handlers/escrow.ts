import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { ShareCheck } from '../../../shared/ipc/schemas.ts'
import type { ShareGroup } from '../../../shared/model/escrow.ts'
import type { PlaceId } from '../../../shared/model/ids.ts'
import { localMedia, shareFilesIn } from '../../escrow/ceremony-media.ts'
import { findPackage, readFilesAt } from '../../escrow/find-package.ts'
import { verifyPackage, type PackageCheck } from '../../escrow/package/verify.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { checkCode, readShare, shareFingerprint } from '../../formats/slip39/index.ts'
import { SecretBytes } from '../../platform/secret-bytes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Places } from '../../ports/places.ts'
import type { Record } from '../../record/record.ts'
import { pageOf } from '../paging.ts'
import type { Handlers } from '../router.ts'
import { lookAt, shownSigner } from './escrow-look.ts'
import { groupCells, groupRows, packageCells, packageRows } from './escrow-rows.ts'

export interface EscrowParts {
  escrow: Pick<EscrowMeans, 'register' | 'knownSigners'>
  record: Pick<Record, 'append'>
  places: Places
  clock: Clock
}

export const escrowHandlers = (parts: EscrowParts) => {
  const { escrow, record, places, clock } = parts
  const { register } = escrow
  const at = (): string => clock.now().toISOString()
  const look = async (place: PlaceId): Promise<PackageCheck> =>
    verifyPackage(await readFilesAt(await findPackage(places.folderOf(place), '')), {
      kind: 'known',
      fingerprints: escrow.knownSigners(),
    })
  const groupFor = async (against: AgainstGroup): Promise<Compared> => {
    if (against.kind === 'group') {
      const group = register.group(against.group)
      if (group.identifier === null)
        throw new KeyturnError('not-found', { what: 'The list of this group’s shares' })
      return { ...comparedOf(group), source: 'the list of this profile', signer: null }
    }
    const { manifest, signer } = await look(against.place)
    const { id, name, threshold, members } = manifest.group
    return {
      ...{ id, name, threshold, members, state: null },
      source: `the manifest of package ${manifest.id}`,
      signer: shownSigner(signer),
    }
  }
  return {
    'escrow.groups': async ({ page }) => ({
      ...pageOf(groupRows(register), { ...page, sort: page.sort ?? newest('created') }, groupCells),
      asOf: at(),
      missing: [],
    }),
    'escrow.group': async ({ group }) => {
      const found = groupRows(register).find(({ id }) => id === group)
      if (found === undefined) throw new KeyturnError('not-found', { what: 'This share group' })
      return found
    },
    'escrow.packages': async ({ page }) => ({
      ...pageOf(packageRows(register), { ...page, sort: page.sort ?? newest('madeAt') }, packageCells),
      asOf: at(),
      missing: [],
    }),
    'escrow.findShares': async ({ place }) => {
      const names = await shareFilesIn(places.folderOf(place))
      if (names.length === 0) throw new KeyturnError('share-no-file')
      return { folder: places.label(place), names }
    },
    'escrow.checkShare': async ({ against, share }): Promise<ShareCheck> => {
      using words =
        share.kind === 'typed'
          ? SecretBytes.take(share.words)
          : await localMedia.read({ folder: places.folderOf(share.place), name: share.name })
      readShare(words)
      const fingerprint = shareFingerprint(words)
      words.wipe()
      const { source, signer, ...group } = await groupFor(against)
      const member = group.members.find((one) => one.fingerprint === fingerprint) ?? null
      const number = member?.number ?? null
      record.append({
        kind: 'share-checked',
        outcome: number === null ? 'failed' : 'done',
        body: {
          ...{ against: source, group: group.id, number, from: share.kind },
          signer: signer?.fingerprint ?? null,
          standing: signer?.standing ?? null,
        },
      })
      return {
        belongs: number !== null,
        number,
        checkCode: checkCode(fingerprint),
        group: { ...group, members: group.members.length },
        source,
        signer,
        at: at(),
      }
    },
    'escrow.verifyPackage': async ({ place }) =>
      lookAt(parts, places.label(place), async () => {
        const at = await findPackage(places.folderOf(place), '')
        return { files: await readFilesAt(at), folder: at.folder }
      }),
  } satisfies Partial<Handlers>
}

type AgainstGroup = Parameters<Handlers['escrow.checkShare']>[0]['against']

interface Compared {
  id: string
  name: string
  threshold: number
  state: ShareCheck['group']['state']
  members: readonly { number: number; fingerprint: string | null }[]
  source: string
  signer: ShareCheck['signer']
}

const comparedOf = ({
  id,
  name,
  threshold,
  members,
  state,
}: ShareGroup): Omit<Compared, 'source' | 'signer'> => ({
  id,
  name,
  threshold,
  state,
  members,
})

const newest = (column: string) => ({ column, direction: 'desc' }) as const
