// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.net.URI;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A running demo server, for applications and tests that start it in their own process.
 */
public final class DemoServer implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private DemoServer(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Start a server. It reads its own {@code demo-server.yml}, not the
	 * {@code application.yml} of the process it is in.
	 * @param args properties, for example {@code --server.port=0} or
	 * {@code --demo.auto-login=true}
	 * @return the running server
	 */
	public static DemoServer start(String... args) {
		return new DemoServer(new SpringApplicationBuilder(DemoServerApplication.class).web(WebApplicationType.SERVLET)
			.properties("spring.config.name=demo-server")
			.run(args));
	}

	/**
	 * The base URL, which is the authorization server's issuer.
	 * @return the URL, without a slash at its end
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:" + this.context.getEnvironment().getRequiredProperty("local.server.port"));
	}

	/**
	 * The URL of the MCP server, which is its resource identifier too.
	 * @return the URL
	 */
	public URI mcpUrl() {
		return url().resolve(ProtectedResource.PATH);
	}

	/**
	 * Requests to the server so far.
	 * @return the counters
	 */
	public DemoStats stats() {
		return this.context.getBean(Traffic.class).stats();
	}

	/**
	 * The operator's controls of grants and clients.
	 * @return the controls, the same as under {@code /demo}
	 */
	public DemoControls controls() {
		return this.context.getBean(DemoControls.class);
	}

	@Override
	public void close() {
		this.context.close();
	}

}
