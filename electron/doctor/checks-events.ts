import { connectorSays } from '../../shared/errors/connector-codes.ts'
import type { DoctorFinding } from '../../shared/model/ekm-doctor.ts'
import type { DoctorFacts } from './facts-model.ts'
import { judged, nobodyAsked, notRead } from './findings.ts'
import { eventHours } from './limits.ts'

/** Of an entry at most so much is shown. */
const mostCharacters = 300

/** The connector numbers its entries with its codes. */
export const events = ({ host }: DoctorFacts): DoctorFinding[] => {
  if (host.parts === null) return [notRead('events', host.reach.because, nobodyAsked)]
  return judged('events', host.parts.events, (found) => {
    const bad = found.filter(({ level }) => level !== 'information')
    const newest = bad[0]
    const codes = [...new Set(bad.map(({ id }) => id))]
    return {
      measured:
        newest === undefined
          ? `${found.length} entries, none of them an error or a warning`
          : `${bad.length} errors and warnings (codes ${codes.map(codeText).join(', ')}); the newest, ${newest.at}: ${oneLine(newest.message)}`,
      limit: `no error or warning within ${eventHours} hours`,
      remedy:
        newest === undefined
          ? null
          : {
              cause: `The connector wrote ${codeText(newest.id)}`,
              byHand:
                "Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'SQL Server Connector for Microsoft Azure Key Vault' }",
              fix: 'Look the code up below: cause, test and what mends it',
              job: null,
            },
    }
  })
}

const codeText = (code: number): string => {
  const says = connectorSays(code)
  return says === null ? String(code) : `${code} (${says})`
}

const oneLine = (text: string): string => {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line
}
