import type { HostAnswer, HostCall, HostCallName } from '../../shared/model/host-calls.ts'
import type { SqlServer } from './sql-server.ts'

/** Whether calls can be carried out on the computer of a server from here. */
export type HostReach =
  /** `this-computer`: a Windows PowerShell here, and the server says that it runs here. */
  { reachable: true; how: 'this-computer' | 'simulated' } | { reachable: false; because: string }

export interface HostOptions {
  signal?: AbortSignal
  /** Default 120,000; 0 means no limit (a setup that a person clicks through). */
  timeoutMs?: number
}

/** The Windows host that a SQL Server runs on. Nothing is asked of a computer that is not the server's own. */
export interface PowerShellHosts {
  /** Asks nothing but the name that the server gave at its connection. */
  reachOf(server: SqlServer): HostReach
  /**
   * Carries out the calls in order and gives their answers, each in its checked form. Stops at the first that is refused:
   * what went before it stays done. Errors: `host-not-reachable`, `host-refused` (with the call and why), `host-answer`
   * (not what was asked for), `host-timeout`, `host-not-started`. Not repeated by itself.
   */
  run<const Calls extends readonly HostCall[]>(
    server: SqlServer,
    calls: Calls,
    options?: HostOptions,
  ): Promise<AnswersOf<Calls>>
}

export type AnswersOf<Calls extends readonly HostCall[]> = {
  -readonly [At in keyof Calls]: HostAnswer<Extract<Calls[At]['call'], HostCallName>>
}
