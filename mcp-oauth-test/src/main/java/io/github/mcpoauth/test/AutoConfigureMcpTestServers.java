// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says which MCP servers a test class calls. With this module on the class path, every
 * Spring test calls {@link McpTestServer test servers} on loopback instead of those in
 * {@code mcp.servers}, keeps grants in memory, and opens no browser, so most test classes
 * need no annotation. It adds servers that the application does not configure, or turns
 * all of that off.
 * <p>
 * Properties that the test sets itself win: those of {@code @SpringBootTest(properties)},
 * {@code @TestPropertySource} and {@code @DynamicPropertySource}. A database or Redis
 * that the application configures as its token store is used.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface AutoConfigureMcpTestServers {

	/**
	 * Names of servers to add to those that the application configures.
	 * @return names as in {@code mcp.servers.<name>}
	 */
	String[] value() default {};

	/**
	 * Extent of the replacement.
	 * @return everything by default
	 */
	Replace replace() default Replace.ANY;

	/**
	 * Extents of a replacement.
	 */
	enum Replace {

		/**
		 * The URLs of all servers, the token store in files, and the browser.
		 */
		ANY,

		/**
		 * Nothing: the test calls the configured servers with the stored logins. There is
		 * no {@link McpTestServers} bean.
		 */
		NONE

	}

}
