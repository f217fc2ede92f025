import { CONNECTION_ATTACKS } from '../../support/floods/connection-attacks.ts'
import { FRAME_ATTACKS } from '../../support/floods/frame-attacks.ts'
import { STREAM_ATTACKS } from '../../support/floods/stream-attacks.ts'
import { describeFloods } from './flood-tests.ts'

describeFloods('floods of the lean transport: connections', CONNECTION_ATTACKS, 'lean')
describeFloods('floods of the lean transport: frames', FRAME_ATTACKS, 'lean')
describeFloods('floods of the lean transport: streams', STREAM_ATTACKS, 'lean')
