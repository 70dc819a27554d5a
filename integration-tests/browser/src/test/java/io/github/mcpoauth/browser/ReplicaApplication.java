// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.TokenStore;

import org.springframework.boot.SpringApplication;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * One of several processes that serve the same connections page.
 */
@Import(Agent.Open.class)
@RestController
public class ReplicaApplication {

	private final TokenStore store;

	ReplicaApplication(TokenStore store) {
		this.store = store;
	}

	/**
	 * Forget the registered client as well, so that the next login asks for the consent
	 * of a new one.
	 */
	@PostMapping("/forget")
	void forget() {
		this.store.purge(GrantKey.of("demo")).block();
	}

	/**
	 * Start a replica.
	 * @param arguments properties
	 */
	public static void main(String[] arguments) {
		SpringApplication.run(ReplicaApplication.class, arguments);
	}

}
