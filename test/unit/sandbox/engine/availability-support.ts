import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AvailabilityGroup } from '../../../../sandbox/sqlserver/availability/group.ts'
import type { InstanceOptions } from '../../../../sandbox/sqlserver/engine/instance.ts'
import { testServer, type Client, type TestServer } from './harness.ts'

/** Two simulated servers in one process with the group AG1 over Sales; ktr-ag-01 is the primary at first. */
export interface TwoNodes {
  group: AvailabilityGroup
  nodes: [TestServer, TestServer]
  first: Client
  second: Client
  /** Both servers come up again from what is on disk, as after a kill; new connections. */
  comeUpAgain(): Promise<void>
  dispose(): void
}

const names = ['ktr-ag-01', 'ktr-ag-02'] as const

/** `options`: of both servers. */
export async function twoNodes(options: Partial<InstanceOptions> = {}): Promise<TwoNodes> {
  const folder = mkdtempSync(join(tmpdir(), 'ktr-ag-'))
  const start = async (): Promise<Pick<TwoNodes, 'group' | 'nodes' | 'first' | 'second'>> => {
    const server = (name: string, databases: Parameters<typeof testServer>[1]): Promise<TestServer> =>
      testServer({ dataDir: join(folder, name), name, version: 15, ...options }, databases)
    const nodes: [TestServer, TestServer] = [
      await server(names[0], [
        { name: 'Sales', bytes: 300_000 },
        { name: 'Alone', bytes: 80_000 },
      ]),
      await server(names[1], []),
    ]
    const group = new AvailabilityGroup({
      name: 'AG1',
      file: join(folder, 'AG1.json'),
      replicas: nodes.map(({ instance }, i) => ({ name: names[i] ?? '', instance: () => instance })),
      databases: ['Sales'],
    })
    group.join()
    const [first, second] = [await nodes[0].connect(), await nodes[1].connect()]
    return { group, nodes, first, second }
  }
  const made: TwoNodes = {
    ...(await start()),
    comeUpAgain: async () => {
      for (const { instance } of made.nodes) instance.close()
      Object.assign(made, await start())
    },
    dispose: () => {
      for (const { instance } of made.nodes) instance.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return made
}

/** The certificate of one server in master of another, as the job “Certificate” brings it. */
export async function bringCertificate(from: Client, to: Client, certificate: string): Promise<void> {
  const hex = async (expression: string): Promise<string> =>
    `0x${Buffer.from((await from.scalar(`SELECT ${expression}`)) as Uint8Array).toString('hex')}`
  const id = `CERT_ID('${certificate}')`
  await to.ok(
    `CREATE CERTIFICATE ${certificate} FROM BINARY = ${await hex(`CERTENCODED(${id})`)} WITH PRIVATE KEY (BINARY = ${await hex(`CERTPRIVATEKEY(${id}, 'Travel-pass-1')`)}, DECRYPTION BY PASSWORD = 'Travel-pass-1')`,
  )
}
