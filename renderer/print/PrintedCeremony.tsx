import type { CeremonyReport } from '../../shared/model/print.ts'
import { checkCodeOf, groupStateWords, memberStateWords, mediumWords } from '../escrow/escrow-words.ts'
import { Facts } from '../ui/Facts.tsx'
import { inFours, utcTime, withoutControls } from '../ui/format.ts'

/** What the signed record has of a ceremony, with lines for those who were there. */
export const PrintedCeremony = ({ group, witnesses, countersigner, entries }: CeremonyReport) => (
  <>
    <h2>Group</h2>
    <Facts
      facts={[
        ['Name', withoutControls(group.name)],
        ['Id', group.id],
        ['State', groupStateWords[group.state]],
        ['Needed together', `${group.threshold} of ${group.members.length} shares`],
        [
          'Public key',
          group.spkiSha256 === null ? (
            'not made'
          ) : (
            <span className="mono">SHA-256 {inFours(group.spkiSha256)}</span>
          ),
        ],
        [
          'Countersigning key of the record',
          countersigner === null ? 'none' : <span className="mono">SHA-256 {inFours(countersigner)}</span>,
        ],
      ]}
    />
    <h2>Holders and witnesses</h2>
    <table>
      <thead>
        <tr>
          <th>Share</th>
          <th>Holder</th>
          <th>Medium</th>
          <th>State</th>
          <th>Check code</th>
          <th>Signature</th>
        </tr>
      </thead>
      <tbody>
        {group.members.map((member) => (
          <tr key={member.number}>
            <td>{member.number}</td>
            <td>{withoutControls(member.name)}</td>
            <td>{mediumWords[member.medium]}</td>
            <td>{memberStateWords[member.state]}</td>
            <td className="mono">{checkCodeOf(member.fingerprint)}</td>
            <td />
          </tr>
        ))}
        {witnesses.map((name) => (
          <tr key={name}>
            <td>none</td>
            <td>{withoutControls(name)}</td>
            <td colSpan={3}>witness</td>
            <td />
          </tr>
        ))}
      </tbody>
    </table>
    <h2>Entries of the record</h2>
    <p>
      Each entry is signed and chained to the one before; the export of the record carries its own verifier.
    </p>
    <table>
      <thead>
        <tr>
          <th>Entry</th>
          <th>Time (UTC)</th>
          <th>What</th>
          <th>SHA-256</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ seq, at, sentence, hash }) => (
          <tr key={seq}>
            <td>{seq}</td>
            <td className="brief">{utcTime(at)}</td>
            <td>{withoutControls(sentence)}</td>
            <td className="mono">{inFours(hash)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </>
)
