import type { ChannelName, ReplyOf, RequestOf } from '../../../../shared/ipc/contract.ts'
import type { GroupRow, PackageRow } from '../../../../shared/ipc/schemas.ts'
import type { CeremonyPlan, CeremonyView } from '../../../../shared/model/ceremony.ts'
import { asPackageId, asShareGroupId } from '../../../../shared/model/ids.ts'
import { pageOf } from './state.ts'
import { at } from './plan.ts'

const group = asShareGroupId('sg-aaaaaaaaaaaa')

export const shareGroup: GroupRow = {
  id: group,
  name: 'Vault keys 2026',
  state: 'active',
  threshold: 2,
  members: ['Ana Ruiz', 'Bo Chen', 'Chidi Obi'].map((name, index) => ({
    number: index + 1,
    name,
    fingerprint: `${index}a`.repeat(32),
    medium: index === 2 ? 'paper' : 'file',
    state: 'read-back',
  })),
  identifier: 4711,
  spkiSha256: 'ab12'.repeat(16),
  keyId: 'ab12'.repeat(4),
  created: at,
  replacedBy: null,
  packages: 1,
}

export const escrowPackage: PackageRow = {
  id: asPackageId('ep-aaaaaaaaaaaa'),
  madeAt: at,
  run: '7f3ab2c4',
  group: { id: group, name: shareGroup.name, state: 'active' },
  items: ['TDE-2026'],
  recipients: [],
  places: [{ kind: 'usb', label: '/media/one', state: 'escrowed', readBackAt: at }],
  state: 'escrowed',
  readBackAt: at,
  manifestSha256: 'cd34'.repeat(16),
  replacedBy: null,
  replaces: null,
  lastDrill: { at, purpose: 'drill', openedBy: 'Ana, Ben, Cleo' },
  toWrapAnew: false,
}

/** A ceremony as main shows it right after it was begun. */
export const begunCeremony = (plan: CeremonyPlan): CeremonyView => ({
  group,
  name: plan.name,
  threshold: plan.threshold,
  holders: plan.holders.map(({ name, medium }, index) => ({
    number: index + 1,
    name,
    medium,
    state: 'waiting',
    checkCode: `${index}a${index}a ${index}b${index}b`,
    where: null,
    readBackAt: null,
    problem: null,
  })),
  witnesses: plan.witnesses,
  replaces: null,
  began: at,
  state: 'open',
  turn: { number: 1, here: false },
  ended: null,
  because: null,
  toDestroy: [],
})

export const samplePlan: CeremonyPlan = {
  name: shareGroup.name,
  threshold: 2,
  holders: shareGroup.members.map(({ name, medium }) => ({ name, medium })),
  witnesses: ['Wanda Lang'],
  replaces: null,
}

type EscrowChannel = Extract<ChannelName, `escrow.${string}` | `ceremony.${string}`>
type Fakes = { [Name in EscrowChannel]: (request: RequestOf<Name>) => ReplyOf<Name> }

export const fakeEscrow = (): Fakes => {
  let ceremony: CeremonyView | null = null
  const changed = (part: Partial<CeremonyView>): CeremonyView => {
    ceremony = { ...(ceremony ?? begunCeremony(samplePlan)), ...part }
    return ceremony
  }
  return {
    'escrow.groups': ({ page }) => pageOf([shareGroup], page),
    'escrow.group': () => shareGroup,
    'escrow.packages': ({ page }) => pageOf([escrowPackage], page),
    'escrow.findShares': () => ({ folder: '/media/one', names: ['keyturn-share-aaaaaaaaaaaa-1-of-3.txt'] }),
    'escrow.checkShare': () => ({
      belongs: true,
      number: 1,
      checkCode: '0a0a 0a0a',
      group: { id: group, name: shareGroup.name, threshold: 2, members: 3, state: 'active' },
      source: 'the list of this profile',
      signer: null,
      at,
    }),
    'escrow.verifyPackage': () => ({
      id: escrowPackage.id,
      madeAt: at,
      run: '7f3ab2c4',
      program: '1.0.0',
      group: {
        id: group,
        name: shareGroup.name,
        threshold: 2,
        holders: ['Ana Ruiz', 'Bo Chen', 'Chidi Obi'],
      },
      items: [{ number: 1, kind: 'certificate', name: 'TDE-2026', from: 'ktr-sql-01' }],
      recipients: [],
      files: 8,
      bytes: 12_000,
      manifestSha256: 'cd34'.repeat(16),
      signer: { fingerprint: 'ef56'.repeat(16), standing: 'package-only' },
      listed: 'not-listed',
      where: '/media/one',
      at,
    }),
    'ceremony.state': () => ({ ceremony }),
    'ceremony.begin': (plan) => {
      ceremony = begunCeremony({ ...plan, replaces: null })
      return ceremony
    },
    'ceremony.take': ({ holder }) => changed({ turn: { number: holder, here: true } }),
    'ceremony.write': () => changed({}),
    'ceremony.readBack': () => changed({}),
    'ceremony.typed': () => changed({}),
    'ceremony.stop': () => changed({ state: 'void', turn: null, ended: at, because: 'stopped' }),
  }
}
