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
   * What lies there now, read anew and within bounds; nothing of it is checked but names and sizes. Null: no package of
   * that name, of which what a broken-off attempt of ours left is none. `package-not-read`, `package-files`.
   */
  read(id: PackageId): Promise<PackageFiles | null>
  /**
   * Takes the package away: first what makes it one, then its files. In a folder the caller has checked that it is of this
   * run; in a container only what carries the mark of this run goes. Nothing there is no error. `package-not-removed`,
   * `package-left-over`; errors of the place.
   */
  remove(id: PackageId): Promise<void>
  /** Where files carry the mark of the run that wrote them. Absent: those of a folder carry none. */
  readonly marked?: MarkedPlace
}

export interface MarkedPlace {
  /** Whether a broken-off attempt of this run left a part of that package, and nobody else anything. */
  hasPart(id: PackageId): Promise<boolean>
  /**
   * Takes away what carries the mark of this run, and nothing else; says how many files that were and how many are left,
   * which others wrote. Errors of the place.
   */
  remove(id: PackageId): Promise<{ removed: number; left: number }>
}
