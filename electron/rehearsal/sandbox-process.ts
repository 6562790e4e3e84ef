/** What the simulators' process says of one of its servers. Its passwords are simulated too, and public. */
export interface SimulatedServer {
  name: string
  note: string
  host: string
  port: number
  caPem: string
  login: string
  password: string
}

export interface Sandbox {
  readonly servers: readonly SimulatedServer[]
  control(command: { command: string; instance?: string; what?: string }): Promise<void>
  close(): Promise<void>
  shutdown(): Promise<void>
}

export declare const openSandbox: (options: { folder: string; entry: string }) => Promise<Sandbox>
