import type { Cell } from './types.ts'

export interface CaughtError {
  number: number
  severity: number
  state: number
  line: number
  message: string
}

/** What scalar functions may ask about the session in which they run. */
export interface SessionFacts {
  now(): Date
  spid(): number
  databaseName(id?: number): string | null
  databaseId(name?: string): number | null
  loginName(): string
  loginNameOf(sid: Uint8Array): string | null
  loginSid(name: string): Uint8Array | null
  userName(): string
  userNameOf(id: number): string | null
  hostName(): string
  programName(): string
  versionText(): string
  serverProperty(name: string): Cell
  databaseProperty(database: string, name: string): Cell
  connectionProperty(name: string): Cell
  /** 1, 0, or null when the securable or the permission name is unknown. */
  hasPermission(securable: string | null, securableClass: string | null, permission: string): number | null
  isServerRoleMember(role: string, login: string | undefined): number | null
  isRoleMember(role: string): number | null
  hasDatabaseAccess(name: string): number | null
  columnLength(object: string, column: string): number | null
  objectId(name: string): number | null
  certificateId(name: string): number | null
  certificateEncoded(id: number): Uint8Array | null
  certificatePrivateKey(id: number, filePassword: string, password: string | undefined): Uint8Array | null
  certificateProperty(id: number, name: string): Cell
  appLockMode(resource: string, owner: string): string
  appLockTest(resource: string, mode: string): number
  caught(): CaughtError | undefined
  lastError(): number
  rowCount(): number
  transactionCount(): number
}
