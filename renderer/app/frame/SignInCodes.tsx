import type { PendingSignIn } from '../../../shared/ipc/schemas.ts'
import { clockTime, withoutControls } from '../../ui/format.ts'
import { Mono } from '../../ui/Panel.tsx'
import { StatusMark } from '../../ui/StatusMark.tsx'
import { AttentionStrip } from './attention-strip.ts'

/**
 * On every page while a sign-in to Azure waits for its person. The address is text: this window opens none, and any
 * device will do.
 */
export const SignInCodes = ({ signIns }: { signIns: readonly PendingSignIn[] }) => (
  <>
    {signIns.map(({ target, name, url, code, until }) => (
      <AttentionStrip key={target} role="status" aria-label={`Sign-in of ${withoutControls(name)}`}>
        <StatusMark mark="attention" word={`${withoutControls(name)} waits for your sign-in`} />
        <span>
          Open <Mono>{withoutControls(url)}</Mono> in a browser on any device and enter the code{' '}
          <Mono>{withoutControls(code)}</Mono>, until {clockTime(until)}.
        </span>
      </AttentionStrip>
    ))}
  </>
)
