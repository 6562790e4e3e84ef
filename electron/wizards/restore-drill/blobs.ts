import type { RestoreDrillDraft } from '../../../shared/forms/restore-drill-draft.ts'
import { blobUrlProblem, containerUrlOf } from '../../../shared/model/storage.ts'
import { isHandle } from '../../../shared/forms/draft-parts.ts'
import type { Blocker } from '../../../shared/model/plan.ts'
import { isAddress } from '../../scripts/runbook/devices.ts'
import { createCredentialStep, dropCredentialStep, storageCredentialOf } from '../sqlserver/plan-storage.ts'
import type { Draftstep } from '../sqlserver/plan-parts.ts'
import { storageBlockers, tokenEndBlockers } from '../sqlserver/storage-rules.ts'
import type { Chain } from './chains.ts'
import type { Facts } from './facts-model.ts'
import { seenFiles } from './plan-names.ts'

/** Backups that the drill server reads from blob storage. Pure. */

/** Addresses that the drill server reads; none: all files are on disks. */
export const blobsSeen = (
  draft: Pick<RestoreDrillDraft, 'filesWhere' | 'backupFolder' | 'containerUrl' | 'blobUrls'>,
  chains: readonly Chain[],
): string[] =>
  chains.flatMap(({ sets }) => sets.flatMap(({ files }) => seenFiles(draft, files).filter(isAddress)))

/** Containers in the order of their first blob. */
export const containersOf = (urls: readonly string[]): string[] => [
  ...new Set(urls.flatMap((url) => containerUrlOf(url) ?? [])),
]

/** The credential that statements on page blobs name; null: the server finds it by the container. */
export const namedCredential = (draft: RestoreDrillDraft, files: readonly string[]): string | null =>
  files.some(isAddress) && draft.blobAccess === 'access-key' ? draft.credentialName : null

export const blobBlockers = (draft: RestoreDrillDraft, facts: Facts, chains: readonly Chain[]): Blocker[] => {
  const on = (what: string, measured: string, limit: string): Blocker => ({
    what,
    measured,
    limit,
    screen: 'server',
  })
  const { drill } = facts
  const urls = blobsSeen(draft, chains)
  const strange = urls.find((url) => blobUrlProblem(url) !== null)
  const stripes = chains[0]?.sets[0]?.files.length ?? 0
  const given = draft.filesWhere === 'blobs' ? urls.length : stripes
  if (drill === null || urls.length === 0) return []
  const containers = containersOf(urls)
  return [
    ...(strange === undefined
      ? []
      : [
          on(
            'A blob of the history has an address that can’t be read',
            strange,
            blobUrlProblem(strange) ?? '',
          ),
        ]),
    ...(given === stripes
      ? []
      : [
          on(
            'The number of blobs is not that of the stripes',
            `${given} named, the backup has ${stripes}`,
            'One address for each stripe',
          ),
        ]),
    ...(draft.credentialMode === 'create' && containers.length > 1
      ? [
          on(
            'The blobs are in several containers',
            containers.join(', '),
            'One container, where the run makes its credential; or credentials that are there',
          ),
        ]
      : []),
    ...(secretMissing(draft)
      ? [on('What the new credential holds is missing', 'Not entered', 'Enter the token or the access key')]
      : []),
    ...containers.flatMap((containerUrl) =>
      storageBlockers({ ...draft, containerUrl }, drill, drill.credentials, 'server'),
    ),
    ...tokenEndBlockers(draft, facts.secrets, facts.source.readAt, 'server'),
  ]
}

const secretMissing = (draft: RestoreDrillDraft): boolean =>
  draft.credentialMode === 'create' &&
  ((draft.blobAccess === 'sas' && !isHandle(draft.storageToken)) ||
    (draft.blobAccess === 'access-key' && !isHandle(draft.accessKey)))

/** The credential of the drill server that the run makes, and how it takes it away again. */
export const credentialSteps = (
  draft: RestoreDrillDraft,
  server: string,
  chains: readonly Chain[],
): { make: Draftstep[]; remove: Draftstep[] } => {
  const [containerUrl] = containersOf(blobsSeen(draft, chains))
  if (containerUrl === undefined || draft.credentialMode === 'use') return { make: [], remove: [] }
  const credential = storageCredentialOf({ ...draft, containerUrl })
  return { make: [createCredentialStep(credential, server)], remove: [dropCredentialStep(credential)] }
}
