import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { displayScript } from '../../../shared/model/script.ts'
import * as control from '../../../electron/scripts/azure/control.ts'
import { postApplication } from '../../../electron/scripts/azure/directory.ts'
import { postKey, postSignIn } from '../../../electron/scripts/azure/key-vault.ts'
import { runbookAz } from '../../../electron/scripts/runbook/az.ts'
import { runbookMarkdown } from '../../../electron/scripts/runbook/markdown.ts'
import { digestOf } from '../../../electron/engine/digest.ts'
import { newVaultAnswers, vaultStage } from '../wizards/vault-stage.ts'

const place = { cloud: 'public', subscription: '22222222-2222-4222-8222-222222222222' } as const
const bodyOf = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\n\n')))
const addressOf = (text: string): URL => new URL(text.split('\n')[0]?.split(' ')[1] ?? '')

describe('calls as text', () => {
  it('a name can’t leave its place in an address, whatever is in it', () => {
    const nasty = `x/../y?z=1#%2F"'\`$(id)`
    const text = displayScript(control.deleteVault(place, nasty, 'kv'))
    const { pathname, host, hash } = addressOf(text)
    expect(host).toBe('management.azure.com')
    expect(hash).toBe('')
    expect(decodeURIComponent(pathname.split('/')[4] ?? '')).toBe(nasty)
    expect(() => control.deleteVault(place, 'a\nb', 'kv')).toThrow('answers-incomplete')
  })

  it('a body is JSON, whatever is in it; a secret is a hole', () => {
    const name = `"}],"x":"\\ '$(id)`
    expect(bodyOf(displayScript(postApplication('public', name, 'mark')))).toMatchObject({
      displayName: name,
    })
    const signIn = postSignIn('china', '11111111-1111-4111-8111-111111111111', null, 'kv.vault.azure.cn')
    expect(displayScript(signIn)).toContain('client_secret=«application_secret»')
    expect(displayScript(signIn)).toContain('https://login.partner.microsoftonline.cn/')
    expect(displayScript(signIn)).toContain(encodeURIComponent('https://vault.azure.cn/.default'))
  })

  it('an expiry is seconds; purge protection is never sent as false', () => {
    const key = bodyOf(
      displayScript(
        postKey('kv.vault.azure.net', 'k', {
          type: 'RSA',
          bits: 2048,
          expires: '2031-01-01T00:00:00Z',
          tags: {},
        }),
      ),
    )
    expect(key).toMatchObject({ kty: 'RSA', key_size: 2048, attributes: { exp: 1_924_992_000 } })
    const vault = displayScript(
      control.putVault(place, 'g', 'kv', {
        region: 'westeurope',
        tenant: 't',
        tier: 'premium',
        rights: 'access-policies',
        retentionDays: 90,
        purgeProtection: false,
        network: {
          publicAccess: true,
          otherwise: 'deny',
          trustedServices: false,
          addresses: ['203.0.113.4'],
          subnets: [],
        },
        policies: [],
        tags: {},
      }),
    )
    expect(vault).not.toContain('enablePurgeProtection')
    expect(bodyOf(vault)).toMatchObject({
      properties: { enableRbacAuthorization: false, networkAcls: { bypass: 'None', defaultAction: 'Deny' } },
    })
  })
})

/** Stands in for `az` and `curl`: writes down what it was called with, and answers as Azure would. */
const stub = `#!/usr/bin/env bash
printf '%s\\0' "$(basename "$0")" "$@" >>"$CALLS"; printf '\\n' >>"$CALLS"
case "$*" in
  *'account show'*) echo 11111111-1111-4111-8111-111111111111 ;;
  *'--method get'*vaults/kv*|*'--method get'*resourceGroups*) exit 3 ;;
  *"join(' '"*) echo 'app-id object-id' ;;
  *'--query id '*) echo principal-id ;;
  *secretText*) echo 'Ab~value' ;;
  *'key backup'*) echo blob >"\${@: -1}" ;;
  *'key show'*) echo https://kv/keys/k/v1 ;;
  *oauth2*) cat >"$CALLS.form"; echo '{"token_type":"Bearer","access_token":"token-1"}' ;;
  */wrapkey*) cat >"$CALLS.value"; echo '{"kid":"k","value":"wrapped"}' ;;
  */unwrapkey*) printf '{"value":"%s"}' "$(sed -n 's/.*"value": "\\([^"]*\\)".*/\\1/p' "$CALLS.value")" ;;
esac
`

describe('the runbook for the Azure CLI', () => {
  it('runs from end to end in bash, with the calls of the plan and the secret in no argument', async () => {
    const stage = vaultStage()
    const folder = mkdtempSync(join(tmpdir(), 'kt-runbook-'))
    try {
      const plan = await stage.ready(newVaultAnswers())
      const text = runbookAz(plan, digestOf(plan))
      for (const name of ['az', 'curl']) {
        writeFileSync(join(folder, name), stub)
        chmodSync(join(folder, name), 0o755)
      }
      const calls = join(folder, 'calls')
      writeFileSync(calls, '')
      writeFileSync(join(folder, 'runbook.sh'), text)
      const said = execFileSync('bash', [join(folder, 'runbook.sh')], {
        cwd: folder,
        env: { PATH: `${folder}:/usr/bin:/bin`, CALLS: calls },
        encoding: 'utf8',
      })
      expect(said).toContain('End of the runbook')
      const sent = readFileSync(calls, 'utf8')
      expect(sent).not.toContain('Ab~value')
      expect(readFileSync(`${calls}.form`, 'utf8')).toContain('&client_secret=Ab~value\n'.trim())
      expect(sent).toContain('"principalId": "principal-id"')
      for (const step of plan.steps) expect(text).toContain(step.title)
      expect(
        runbookMarkdown({
          plan,
          digest: digestOf(plan),
          advice: (await stage.review(newVaultAnswers())).advice,
        }),
      ).toContain('```http')
    } finally {
      stage.end()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
