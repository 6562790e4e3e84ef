export interface PackageReport {
  problems: string[]
  rows: [name: string, value: string][]
}

export function verifyPackage(folder: string, wantedFiles: readonly string[]): Promise<PackageReport>
export function archivedFiles(archive: string): string[]
