import { z } from 'zod'
import type { Channel } from './channel.ts'
import { channel } from './channel.ts'
import { autoLockLimits } from '../model/keyring.ts'
import * as e from './escrow-schemas.ts'
import type { CeremonyView } from '../model/ceremony.ts'
import { ceremonyLimits } from '../model/ceremony.ts'
import type * as hsm from '../model/hsm.ts'
import type * as tokenKey from '../model/token-key.ts'
import * as s from './schemas.ts'

/**
 * Everything the window may ask of main. Preload, client and router derive from this table; a test pins the list of
 * names. The window sends intent: drafts, ids, handles. Never SQL, local paths, commands or addresses to open.
 */
export const contract = {
  'app.state': channel(s.nothing, s.reply<s.AppState>(), { whileLocked: true }),
  'app.setScheme': channel(z.object({ scheme: z.enum(['light', 'dark', 'system']) }), s.done, {
    whileLocked: true,
  }),
  'app.copy': channel(z.object({ text: z.string().max(100_000) }), s.done),
  'app.openRehearsal': channel(s.nothing, s.done, { whileLocked: true }),
  'app.leaveRehearsal': channel(s.nothing, s.done, { whileLocked: true }),

  /** A person did something in the window: puts the automatic lock off. The window tells it at most every 20 s. */
  'app.active': channel(s.nothing, s.done),

  'rehearsal.reset': channel(s.nothing, s.done),
  'rehearsal.loseKey': channel(
    z.object({ server: z.string().max(128), what: z.enum(['certificate', 'master-key']) }),
    s.done,
  ),
  'rehearsal.carryFiles': channel(
    z.object({ from: s.targetId, to: s.targetId }),
    s.reply<{ files: number; account: string }>(),
  ),
  'rehearsal.restartServer': channel(z.object({ server: z.string().max(128) }), s.done),

  'keyring.create': channel(z.object({ passphrase: s.secretBytes }), s.done, { whileLocked: true }),
  'keyring.unlock': channel(z.object({ passphrase: s.secretBytes }), s.done, { whileLocked: true }),
  'keyring.lock': channel(s.nothing, s.done, { whileLocked: true }),
  'keyring.recoverySheet': channel(
    s.nothing,
    s.reply<{ title: string; made: string; sections: { heading: string; lines: string[] }[] }>(),
  ),
  'keyring.saveRecoverySheet': channel(z.object({ place: s.placeId }), s.reply<{ name: string }>()),
  'keyring.changePassphrase': channel(
    z.object({ present: s.secretBytes, next: s.secretBytes }),
    s.reply<{ secrets: number; runs: number; removed: string[] }>(),
  ),
  'keyring.backUp': channel(
    z.object({ place: s.placeId, passphrase: s.secretBytes }),
    s.reply<{ name: string; folder: string; at: string; secrets: number; removed: string[] }>(),
  ),
  'keyring.findBackups': channel(
    z.object({ place: s.placeId }),
    s.reply<{ folder: string; found: s.KeyringBackupView[] }>(),
    { whileLocked: true },
  ),
  'keyring.restore': channel(
    z.object({ place: s.placeId, name: s.backupName, passphrase: s.secretBytes }),
    s.reply<{ secrets: number; gone: string[]; keptAs: string | null }>(),
    { whileLocked: true },
  ),
  'keyring.osStore': channel(
    s.nothing,
    s.reply<{ on: string | null; usable: string | null; because: string | null }>(),
  ),
  'keyring.setOuterWrap': channel(z.object({ on: z.boolean(), passphrase: s.secretBytes }), s.done),

  'secrets.keep': channel(
    z.object({
      purpose: s.secretPurpose,
      target: s.targetId.nullable(),
      label: z.string().min(1).max(128),
      rule: z.enum([
        'key-file-password',
        'master-key-password',
        'existing-password',
        'login-password',
        'client-certificate',
        'storage-token',
        'access-key',
        'ekm-client-secret',
        'token-pin',
      ]),
      bytes: s.longSecretBytes,
    }),
    s.reply<{ handle: string; keptAt: string }>(),
  ),
  'secrets.generate': channel(
    z.object({ purpose: s.secretPurpose, target: s.targetId.nullable(), label: z.string().min(1).max(128) }),
    s.reply<{ handle: string; keptAt: string }>(),
  ),
  'secrets.about': channel(
    z.object({ handle: s.handleId }),
    s.reply<{ found: boolean; label: string; keptAt: string | null }>(),
  ),

  /** For one package, or for all packages of a group of this profile. */
  'escrowDrill.takeShare': channel(
    z.union([
      e.takenShare.extend({ package: s.placeId, packageName: z.string().max(40) }),
      e.takenShare.extend({ group: e.groupId }),
    ]),
    s.reply<{ handle: string; label: string; keptAt: string }>(),
  ),

  'secrets.list': channel(z.object({ page: s.page }), s.reply<s.PageReply<s.KeptSecretRow>>()),
  'secrets.drop': channel(z.object({ handle: s.handleId }), s.done),

  'connections.list': channel(s.nothing, s.reply<s.ConnectionView[]>()),
  'connections.save': channel(
    z.object({ id: s.targetId.nullable(), connection: z.record(z.string().max(64), z.unknown()) }),
    s.reply<{ id: string; droppedCredential: boolean }>(),
  ),
  'connections.remove': channel(z.object({ id: s.targetId }), s.done),
  'connections.test': channel(z.object({ id: s.targetId }), s.reply<s.ConnectionTest>()),
  'connections.acceptIdentity': channel(z.object({ id: s.targetId, sha256: z.string().max(64) }), s.done),
  'connections.leastPrivilegeScript': channel(
    z.object({ id: s.targetId, login: z.string().min(1).max(128) }),
    s.reply<{ text: string }>(),
  ),

  'hsm.modules': channel(s.nothing, s.reply<{ modules: hsm.HsmModuleChoice[] }>()),
  /** Main's own list of folders and modules; null begins a new one. */
  'hsm.browse': channel(
    z.object({ picker: z.string().max(64).nullable(), entry: z.string().max(64).nullable() }),
    s.reply<s.FolderListing & { picker: string }>(),
  ),
  'hsm.choose': channel(
    z.object({ picker: z.string().max(64), entry: z.string().max(64) }),
    s.reply<hsm.HsmModuleChoice>(),
  ),
  /** Looks at the file; loads nothing. */
  'hsm.inspect': channel(z.object({ module: s.moduleId }), s.reply<hsm.HsmModuleShown>()),
  'hsm.load': channel(z.object({ module: s.moduleId }), s.reply<hsm.HsmModuleLoaded>()),
  'hsm.report': channel(
    z.object({ module: s.moduleId, serial: z.string().min(1).max(64) }),
    s.reply<hsm.HsmTokenReport>(),
  ),
  /** One attempt with the kept PIN, then the probe of the token's key wrap. `seen`: the state that the person was shown. */
  'hsm.probe': channel(
    z.object({ id: s.targetId, seen: z.enum(['last-try', 'locked']).nullable() }),
    s.reply<{ probe: hsm.KeptProbe }>(),
  ),
  /** What the token says of its PIN; none is tried. */
  'hsm.look': channel(z.object({ id: s.targetId }), s.reply<tokenKey.TokenLook>()),
  /** One attempt with the kept PIN, then all keys are read and kept in memory. The last try before a lock is not used. */
  'hsm.readKeys': channel(z.object({ id: s.targetId }), s.reply<{ at: string }>()),
  /** Of what was read; asks no token. */
  'hsm.keys': channel(
    z.object({ id: s.targetId, page: s.page }),
    s.reply<s.PageReply<tokenKey.TokenKeyRow> & tokenKey.TokenKeysHead>(),
  ),
  /** Asks vaults and servers for keys with the same public keys; begins no sign-in. */
  'hsm.compareKeys': channel(z.object({ id: s.targetId }), s.reply<tokenKey.TokenKeysHead>()),

  'settings.read': channel(s.nothing, s.reply<{ proxy: string; corporateCa: string; dataFolder: string }>()),
  'settings.save': channel(
    z.object({ proxy: z.string().max(300), corporateCa: z.string().max(200_000) }),
    s.done,
  ),

  'settings.setAutoLock': channel(
    z.object({ minutes: z.int().min(autoLockLimits.least).max(autoLockLimits.most) }),
    s.done,
  ),

  // A keyring that does not open is restored from a folder, so folders are picked while it is locked.
  'places.pick': channel(z.object({ purpose: z.string().max(64) }), s.reply<s.PlacePicker>(), {
    whileLocked: true,
  }),
  'places.browse': channel(
    z.object({ picker: z.string().max(64), entry: z.string().max(64).nullable() }),
    s.reply<s.FolderListing>(),
    { whileLocked: true },
  ),
  'places.choose': channel(
    z.object({ picker: z.string().max(64), entry: z.string().max(64) }),
    s.reply<{ id: string; label: string }>(),
    { whileLocked: true },
  ),
  'places.label': channel(z.object({ place: s.placeId }), s.reply<{ label: string | null }>()),
  'serverFiles.list': channel(
    z.object({ target: s.targetId, path: s.serverPath }),
    s.reply<s.ServerListing>(),
  ),

  'wizard.jobs': channel(s.nothing, s.reply<s.JobView[]>()),
  'wizard.form': channel(z.object({ job: s.jobId }), s.reply<s.FormDescription>()),
  'wizard.open': channel(z.object({ job: s.jobId, draft: s.draftId.nullable() }), s.reply<s.DraftView>()),
  'wizard.save': channel(
    z.object({ draft: s.draftId, answers: s.answers, screen: z.string().max(64) }),
    s.reply<{ savedAt: string }>(),
  ),
  'wizard.facts': channel(
    z.object({ draft: s.draftId, screen: z.string().max(64), again: z.boolean() }),
    s.reply<s.FormFacts>(),
  ),
  'wizard.check': channel(
    z.object({ draft: s.draftId, screen: z.string().max(64) }),
    s.reply<{ problem: s.Problem | null }>(),
  ),
  'wizard.preview': channel(
    z.object({ draft: s.draftId }),
    s.reply<{ statements: s.PreviewStatement[]; refused: string | null }>(),
  ),
  'wizard.drafts': channel(s.nothing, s.reply<s.DraftView[]>()),
  'wizard.deleteDraft': channel(z.object({ draft: s.draftId }), s.done),
  'wizard.restoreDraft': channel(z.object({ draft: s.draftId }), s.done),
  'wizard.review': channel(z.object({ draft: s.draftId }), s.reply<s.ReviewedPlan>()),
  'wizard.export': channel(
    z.object({
      digest: s.planDigest,
      kind: s.exportKind,
      place: s.placeId,
    }),
    s.reply<{ name: string }>(),
  ),
  'wizard.snippet': channel(
    z.object({ digest: s.planDigest, kind: s.exportKind }),
    s.reply<{ text: string }>(),
  ),

  'runs.start': channel(
    z.object({ digest: s.planDigest, ticket: z.string().max(128), reason: z.string().max(1000) }),
    s.reply<{ run: string }>(),
  ),
  'runs.get': channel(z.object({ run: s.runId }), s.reply<s.RunView>()),
  'runs.look': channel(z.object({ run: s.runId }), s.reply<s.RunLook>()),
  'runs.list': channel(s.nothing, s.reply<s.RunSummary[]>()),
  'runs.stop': channel(z.object({ run: s.runId, when: z.enum(['after-step', 'now']) }), s.done),
  'runs.retry': channel(z.object({ run: s.runId }), s.done),
  'runs.resume': channel(z.object({ run: s.runId }), s.done),
  'runs.undo': channel(z.object({ run: s.runId }), s.done),
  'runs.leave': channel(z.object({ run: s.runId, reason: z.string().min(1).max(1000) }), s.done),
  'runs.report': channel(z.object({ run: s.runId, place: s.placeId }), s.reply<{ name: string }>()),

  'tables.views': channel(z.object({ table: s.tableName }), s.reply<{ views: s.TableView[] }>()),
  'tables.saveViews': channel(z.object({ table: s.tableName, views: s.tableViews }), s.done),
  'tables.export': channel(
    z.object({ table: s.tableName, selection: s.selection, place: s.placeId }),
    s.reply<{ name: string; rows: number }>(),
  ),

  'print.content': channel(z.object({ page: s.printPage, id: s.printId }), s.reply<s.PrintDocument>()),
  'print.ready': channel(s.nothing, s.done),
  'print.save': channel(
    z.object({ page: s.printPage, id: s.printId, place: s.placeId }),
    s.reply<{ name: string }>(),
  ),

  'keys.page': channel(z.object({ page: s.page, read: s.inventoryRead }), s.reply<s.PageReply<s.KeyRow>>()),
  'doctor.read': channel(
    z.object({
      target: s.targetId,
      /** Client id of the application that the server's credential is for; null: it is looked for. */
      application: s.azureId.nullable(),
      /** Has vaults wrap and unwrap, which leaves two lines in the log of each. */
      wrap: z.boolean(),
      /** A person asked for it: only then does it begin a sign-in that waits for a code. */
      again: z.boolean(),
    }),
    s.reply<s.DoctorReport>(),
  ),
  'doctor.export': channel(
    z.object({ target: s.targetId, format: z.enum(['text', 'csv']), place: s.placeId }),
    s.reply<{ name: string }>(),
  ),
  'doctor.script': channel(z.object({ target: s.targetId, place: s.placeId }), s.reply<{ name: string }>()),

  'drills.page': channel(z.object({ page: s.page }), s.reply<s.PageReply<s.DrillRow>>()),
  'escrow.groups': channel(z.object({ page: s.page }), s.reply<s.PageReply<e.GroupRow>>()),
  'escrow.group': channel(z.object({ group: e.groupId }), s.reply<e.GroupRow>()),
  'escrow.packages': channel(z.object({ page: s.page }), s.reply<s.PageReply<e.PackageRow>>()),
  'escrow.findShares': channel(
    z.object({ place: s.placeId }),
    s.reply<{ folder: string; names: string[] }>(),
  ),
  'escrow.checkShare': channel(
    z.object({ against: e.checkAgainst, share: e.checkedShare }),
    s.reply<e.ShareCheck>(),
  ),
  'escrow.verifyPackage': channel(z.object({ place: s.placeId }), s.reply<e.PackageLook>()),

  // No reply of these holds a word of a share: shares go to holders' media and to paper, never to the window.
  'ceremony.state': channel(s.nothing, s.reply<{ ceremony: CeremonyView | null }>()),
  'ceremony.begin': channel(e.ceremonyPlan, s.reply<CeremonyView>()),
  'ceremony.take': channel(e.ceremonyStep, s.reply<CeremonyView>()),
  'ceremony.write': channel(e.ceremonyStep.extend({ place: s.placeId }), s.reply<CeremonyView>()),
  'ceremony.readBack': channel(e.ceremonyStep, s.reply<CeremonyView>()),
  'ceremony.typed': channel(e.ceremonyStep.extend({ words: e.shareWords }), s.reply<CeremonyView>()),
  'ceremony.stop': channel(
    z.strictObject({ group: e.groupId, reason: z.string().max(ceremonyLimits.longestReason) }),
    s.reply<CeremonyView>(),
  ),

  'audit.page': channel(z.object({ page: s.page, check: z.boolean() }), s.reply<s.AuditPage>()),
  'audit.saveAnchor': channel(z.object({ place: s.placeId }), s.reply<{ name: string }>()),
  'audit.anchorToPrint': channel(s.nothing, s.reply<{ text: string }>()),
  'audit.compareAnchor': channel(z.object({ anchor: z.string().max(4_000) }), s.reply<s.AnchorComparison>()),
  'audit.export': channel(
    z.object({ place: s.placeId, from: z.number().int().min(1).max(10_000_000) }),
    s.reply<{ name: string; verifier: string }>(),
  ),
} as const satisfies Record<string, Channel>

export type Contract = typeof contract
export type ChannelName = keyof Contract
export type RequestOf<Name extends ChannelName> = z.input<Contract[Name]['request']>
export type ParsedRequestOf<Name extends ChannelName> = z.output<Contract[Name]['request']>
export type ReplyOf<Name extends ChannelName> = z.output<Contract[Name]['reply']>

export const channelNames = Object.keys(contract) as ChannelName[]

/** What main tells the window without being asked. At most ten a second per kind; the newest state wins. */
export interface WindowEvents {
  'app.changed': s.AppState
  'run.changed': s.RunView
}
export type EventName = keyof WindowEvents
export const eventNames: readonly EventName[] = ['app.changed', 'run.changed']

/** The answer of any channel. */
export type Answer<Value> = { ok: true; value: Value } | { ok: false; problem: s.Problem }

/** What the preload or the DevTools binding puts into the page as `window.keyturn`. */
export interface Bridge {
  ask<Name extends ChannelName>(name: Name, request: RequestOf<Name>): Promise<Answer<ReplyOf<Name>>>
  on<Name extends EventName>(name: Name, listener: (value: WindowEvents[Name]) => void): () => void
}
