import type { Answers } from '../../../shared/forms/form.ts'
import { kekPattern } from '../../../shared/forms/hsm-key-draft.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import type { TargetRef } from '../../../shared/model/target.ts'
import type { PlanReader } from '../../engine/contract.ts'
import { eachAtOnce } from '../../platform/at-once.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { groupOf } from '../escrow/recipients.ts'
import { readRecipients } from '../escrow/read-recipients.ts'
import { kekOf, type KekFact } from '../azure/exchange-key.ts'
import { azurePart } from '../azure/read-azure.ts'
import type { Read } from '../sqlserver/facts-model.ts'
import { readPlace, readSecrets } from '../sqlserver/read-server.ts'
import type { HsmKey } from '../../ports/hsm.ts'
import type { Facts, ShownKey, VaultFact } from './facts-model.ts'

/** Only the id counts: name and environment come back from the connection itself. */
const refOf = (kind: 'hsm' | 'keyvault', answer: unknown): TargetRef => {
  const id = asTargetId(String(answer ?? ''))
  return { id, kind, name: id, environment: 'production' }
}

/** As many keys of one vault as are looked at: a list says nothing of what a key is for. */
const mostLookedAt = 400
const atOnce = 8

/**
 * Reads everything that plan and screens stand on; tries no PIN and changes nothing. `vaults`: connections to read besides
 * those that the answers name.
 */
export const readFacts = async (
  answers: Answers,
  reader: PlanReader,
  { register }: Pick<EscrowMeans, 'register'>,
  vaults: readonly string[] = [],
): Promise<Facts> => {
  const now = (): string => reader.clock.now().toISOString()
  const wanted = new Set([...kekAnswers(answers).map(({ vault }) => vault), ...vaults])
  const open = await reader.hsms.open(refOf('hsm', answers['hsm']))
  try {
    const { facts: token, identity, probe, moduleSha256, ref: target } = open
    const { abilities } = await open.token.capabilities()
    const found = await open.token.find({ onlyPublic: true })
    const read = new Map<string, Read<VaultFact>>()
    await eachAtOnce([...wanted], atOnce, async (vault) => {
      read.set(vault, await readVault(reader, refOf('keyvault', vault), now))
    })
    const keptPin = reader.hsms.keptPin(target.id)
    return {
      target,
      identity,
      readAt: now(),
      token,
      abilities,
      probe,
      moduleSha256,
      shownKeys: {
        read: true,
        value: found.flatMap(shownKeyOf).sort((a, b) => a.label.localeCompare(b.label)),
        source: `${target.name}, public keys`,
        at: now(),
      },
      vaults: new Map([...read].sort(([a], [b]) => a.localeCompare(b))),
      keptPin,
      secrets: readSecrets({ ...answers, kept: keptPin }, ['pin', 'kept'], reader),
      placeLabel: readPlace(answers['place'], reader),
      groups: register.groups(),
      packages: register.packages(),
      group: groupOf(answers['group'], register),
      recipients: await readRecipients(answers, reader),
    }
  } finally {
    await open.close()
  }
}

export interface KekAnswer {
  vault: string
  name: string
  version: string
}

/** The chosen keys; what is none of them is left out (the check names it). */
export const kekAnswers = (answers: Pick<Answers, string>): KekAnswer[] => {
  const given = answers['keks']
  if (!Array.isArray(given)) return []
  return given.flatMap((text) => {
    const [, vault, name, version] = kekPattern.exec(text) ?? []
    return vault === undefined || name === undefined || version === undefined
      ? []
      : [{ vault, name, version }]
  })
}

const readVault = ({ azure }: PlanReader, ref: TargetRef, now: () => string): Promise<Read<VaultFact>> =>
  azurePart(ref, now)('keys', async () => {
    const vault = await azure.vaults.open(ref)
    const keys = (await vault.keys()).slice(0, mostLookedAt)
    const keks: KekFact[] = []
    const others: { name: string; spkiSha256: string }[] = []
    await eachAtOnce(keys, atOnce, async ({ name }) => {
      const key = await vault.key(name)
      const fact = key === null ? null : kekOf(key)
      if (fact === null) return
      if (key?.uses.includes('import') === true) keks.push(fact)
      others.push({ name, spkiSha256: fact.sha256 })
    })
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name)
    return {
      ref: vault.ref,
      identity: vault.identity,
      keks: keks.sort(byName),
      keys: others.sort(byName),
    }
  })

/** Nothing for what is no key pair's public half on the token, or can't be compared. */
const shownKeyOf = (key: HsmKey): ShownKey[] =>
  key.kept !== 'token' || key.class !== 'public' || key.spkiSha256 === null
    ? []
    : [
        {
          label: key.label,
          id: key.id,
          words: key.curve === null ? `${key.type}, ${key.bits ?? '?'} bits` : `EC, ${key.curve}`,
          bits: key.bits,
          spkiSha256: key.spkiSha256,
        },
      ]
