import { suite, tapCases } from 'cr-lab/case';

const test = suite('KUnit: example');

// They ran as the kernel booted; CONFIG_KUNIT_DEBUGFS keeps what they found.
tapCases(
  test,
  async (guest) => {
    const text = await guest.read('/sys/kernel/debug/kunit/example/results');
    return Buffer.from(text).toString().split('\n');
  },
  [
    'example > example_simple_test',
    'example > example_skip_test',
    'example > example_mark_skipped_test',
    'example > example_all_expect_macros_test',
  ],
);

test.run();
