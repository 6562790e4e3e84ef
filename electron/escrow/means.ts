import type { PlaceId } from '../../shared/model/ids.ts'
import type { Environment } from '../../shared/model/target.ts'
import type { FolderIo } from './folder-io.ts'
import { recombinePy } from './recombine-script.ts'
import { openRegister, type EscrowRegister } from './register.ts'
import { signerOf, type PackageSigner } from './package/signer.ts'

/** What jobs of escrow need of the profile they run in. */
export interface EscrowMeans {
  register: EscrowRegister
  /** Signs manifests with the key that countersigns the record: it is in the keyring, which has to be open. */
  signer(): Promise<PackageSigner>
  /** SHA-256 of every key that countersigned this profile’s record, lower-case hex. */
  knownSigners(): ReadonlySet<string>
  /** `recombine.py`, as packages bring it along. */
  recombine(): Uint8Array
  /** Version of the program that writes. */
  program: string
  /** Of everything that this profile has in escrow. */
  environment: Exclude<Environment, 'test'>
  /** The picked folder that lists and evidence call so; null: none of this profile. */
  placeOf(label: string): PlaceId | null
  /** The file system of places; default: this computer’s. Tests let its calls fail. */
  io?: FolderIo
}

/** The key that countersigns the record: it stays for years, while keys of the record change by the hour. */
interface SigningMeans {
  key(): Promise<Parameters<typeof signerOf>[0]>
  /** Fingerprints of all that there ever were. */
  known(): ReadonlySet<string>
}

/** Errors: those of opening the register. */
export const openEscrow = async (
  profileFolder: string,
  signing: SigningMeans,
  around: Pick<EscrowMeans, 'program' | 'environment' | 'placeOf'>,
): Promise<EscrowMeans> => ({
  register: await openRegister(profileFolder),
  signer: async () => signerOf(await signing.key()),
  knownSigners: () => signing.known(),
  recombine: recombinePy,
  ...around,
})
