import type { FolderIo } from './folder-io.ts'
import { recombinePy } from './recombine-script.ts'
import { openRegister, type EscrowRegister } from './register.ts'
import { recordSigner, type PackageSigner } from './package/signer.ts'

/** What jobs of escrow need of the profile they run in. */
export interface EscrowMeans {
  register: EscrowRegister
  /** Signs a manifest with the present key of the record. `record-unavailable`. */
  signer(): PackageSigner
  /** SHA-256 of every key that this profile’s record was ever signed with, lower-case hex. */
  knownSigners(): ReadonlySet<string>
  /** `recombine.py`, as packages bring it along. */
  recombine(): Uint8Array
  /** Version of the program that writes. */
  program: string
  /** The file system of places; default: this computer’s. Tests let its calls fail. */
  io?: FolderIo
}

interface SigningRecord {
  signingKey(): Parameters<typeof recordSigner>[0]
  signingKeys(): ReadonlySet<string>
}

/** Errors: those of opening the register. */
export const openEscrow = async (
  profileFolder: string,
  record: SigningRecord,
  program: string,
): Promise<EscrowMeans> => ({
  register: await openRegister(profileFolder),
  signer: () => recordSigner(record.signingKey()),
  knownSigners: () => record.signingKeys(),
  recombine: recombinePy,
  program,
})
