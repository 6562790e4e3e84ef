import { join } from 'node:path'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { fileNamePart } from '../../../shared/forms/names.ts'
import type { TargetId } from '../../../shared/model/ids.ts'
import type { DoctorReport } from '../../../shared/model/ekm-doctor.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { FactReader } from '../../engine/contract.ts'
import { diagnose } from '../../doctor/diagnose.ts'
import type { DoctorFacts } from '../../doctor/facts-model.ts'
import { hostReading } from '../../doctor/host-reading.ts'
import { readDoctor } from '../../doctor/read.ts'
import { reportColumns, reportRows, reportText } from '../../doctor/report-text.ts'
import { writeNewFile } from '../../platform/atomic-file.ts'
import type { Keyring } from '../../ports/keyring.ts'
import type { Places } from '../../ports/places.ts'
import type { Connections } from '../../profile/connections.ts'
import { signsInByCode } from '../../profile/sign-in-by-code.ts'
import { refOf } from '../../profile/target-ref.ts'
import type { Record } from '../../record/record.ts'
import { csvText } from '../csv.ts'
import type { Handlers } from '../router.ts'

export interface DoctorParts {
  reader: FactReader
  connections: Connections
  keyring: Keyring
  record: Record
  places: Places
  rehearsal: boolean
}

/** Windows PowerShell 5.1 reads a file without this mark in the old code page of the computer. */
const utf8Mark = '\uFEFF'

/** The EKM doctor: what was read last of each server is held, so that an export writes what a person saw. */
export const doctorHandlers = ({ reader, connections, keyring, record, places, rehearsal }: DoctorParts) => {
  const byCode = signsInByCode(connections)
  const held = new Map<TargetId, { facts: DoctorFacts; report: DoctorReport }>()

  const heldOf = (target: TargetId): { facts: DoctorFacts; report: DoctorReport } => {
    const { name } = connections.sqlServer(target)
    const one = held.get(target)
    if (one === undefined) throw new KeyturnError('doctor-nothing-held', { target: name })
    return one
  }

  const write = async (
    target: TargetId,
    place: Parameters<Places['folderOf']>[0],
    file: { ending: 'txt' | 'csv' | 'ps1'; format: string; title: string; bytes: Buffer },
  ): Promise<{ name: string }> => {
    const server = connections.sqlServer(target).name
    const stamp = reader.clock.now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
    const name = `${rehearsal ? 'REHEARSAL-' : ''}keyturn-ekm-doctor-${fileNamePart(server)}-${stamp}.${file.ending}`
    await writeNewFile(join(places.folderOf(place), name), file.bytes)
    record.append({
      kind: 'report-exported',
      body: { title: `${file.title} of ${server}`, format: file.format, to: places.label(place) },
      outcome: 'done',
      objects: [{ type: 'target', id: target, name: server }],
    })
    return { name }
  }

  return {
    'doctor.read': async ({ target, application, wrap, again }) => {
      const server = connections.sqlServer(target)
      const facts = await readDoctor(
        {
          sqlServer: reader.sqlServer,
          azure: reader.azure,
          hosts: reader.hosts,
          clock: reader.clock,
          connections: () => connections.list(),
          signsInByCode: byCode,
          secrets: { keptFor: reader.keptFor, open: (id, binding) => keyring.open(id, binding) },
          wrapAsked: ({ problem, ...about }) =>
            record.append({
              kind: 'wrap-asked',
              body: { ...about, problem },
              outcome: problem === null ? 'done' : 'failed',
              objects: [{ type: 'target', id: target, name: server.name }],
            }),
        },
        { target: refOf(server), application, wrap, again },
      )
      const report = diagnose(facts)
      held.set(target, { facts, report })
      return report
    },
    'doctor.export': async ({ target, format, place }) => {
      const { report } = heldOf(target)
      const title = `EKM doctor, ${report.findings.length} findings`
      if (format === 'text')
        return write(target, place, {
          ending: 'txt',
          format,
          title,
          bytes: Buffer.from(`${utf8Mark}${reportText(report, { rehearsal })}`),
        })
      const head = [
        ['Report', `${rehearsal ? 'REHEARSAL: ' : ''}Keyturn, EKM doctor of ${report.target.name}`],
        ['Read (UTC)', report.readAt],
        ['Findings', String(report.findings.length)],
      ] as const
      const text = csvText({ head, columns: reportColumns, rows: reportRows(report) })
      return write(target, place, { ending: 'csv', format, title, bytes: Buffer.from(text) })
    },
    'doctor.script': async ({ target, place }) => {
      const { facts } = heldOf(target)
      return write(target, place, {
        ending: 'ps1',
        format: 'powershell',
        title: 'EKM doctor, script for the host',
        bytes: Buffer.from(`${utf8Mark}${displayScript(hostReading(facts))}`),
      })
    },
  } satisfies Partial<Handlers>
}
