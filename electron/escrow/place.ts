import type { PlaceKind } from '../../shared/model/escrow.ts'
import type { PackageId } from '../../shared/model/ids.ts'
import type { PackageFiles } from './package/paths.ts'

/** Where packages are kept. A place knows nothing of what is in them: reading back and comparing is the caller's. */
export interface EscrowPlace {
  readonly kind: PlaceKind
  readonly label: string
  /**
   * The whole package, or nothing of it under its name. Refuses where something of that name is there
   * (`package-exists`). What a killed process of ours left half written of this package is taken away first. Errors:
   * `package-place-full`, `-read-only`, `-gone`, `-refused`; `package-left-over` names what could not be taken away.
   */
  write(id: PackageId, files: PackageFiles): Promise<void>
  /**
   * What lies there now, read anew and within bounds; nothing of it is checked but names and sizes. `package-not-read`,
   * `package-files`.
   */
  read(id: PackageId): Promise<PackageFiles>
  /**
   * Takes the package away: first its name, then its files. What a package is, the caller has checked. Nothing there is no
   * error. `package-not-removed`.
   */
  remove(id: PackageId): Promise<void>
}
