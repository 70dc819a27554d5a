// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;

/**
 * Lets the next test method begin with test servers that are as new, although it shares
 * its application context.
 */
final class ResetMcpTestServersTestExecutionListener implements TestExecutionListener {

	@Override
	public void afterTestMethod(TestContext testContext) {
		if (testContext.hasApplicationContext()) {
			testContext.getApplicationContext()
				.getBeanProvider(McpTestServers.class)
				.ifAvailable(McpTestServers::reset);
		}
	}

}
