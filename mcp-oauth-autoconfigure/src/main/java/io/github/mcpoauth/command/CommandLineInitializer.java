// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.util.List;

import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.LifecycleProcessor;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.Ordered;

/**
 * Runs a command in the application's context instead of the application. Of its beans
 * only those come to life that the command uses: nothing is scheduled or listens, and the
 * process ends with the command's exit code before any runner has its turn.
 */
final class CommandLineInitializer implements ApplicationContextInitializer<ConfigurableApplicationContext>, Ordered {

	private final List<String> words;

	private final Terminal terminal;

	CommandLineInitializer(List<String> words, Terminal terminal) {
		this.words = words;
		this.terminal = terminal;
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		context.addBeanFactoryPostProcessor(new OnDemand());
		context.getBeanFactory()
			.registerSingleton(AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME, new NothingStarts());
		context.addApplicationListener(new Run());
	}

	/**
	 * Leaves every bean alone until it is used, also those that Spring Boot's own lazy
	 * initialization creates all the same, for example for their scheduled methods.
	 */
	private static final class OnDemand implements BeanFactoryPostProcessor {

		@Override
		public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
			for (String name : beanFactory.getBeanDefinitionNames()) {
				beanFactory.getBeanDefinition(name).setLazyInit(true);
			}
		}

	}

	/**
	 * Starts and stops no bean on its own account: consumers, schedulers and the like
	 * stay silent, and what the command has used is destroyed without that.
	 */
	private static final class NothingStarts implements LifecycleProcessor {

		@Override
		public void onRefresh() {
			// Nothing starts
		}

		@Override
		public void onClose() {
			// Nothing to stop
		}

		@Override
		public void start() {
			// Nothing starts
		}

		@Override
		public void stop() {
			// Nothing to stop
		}

		@Override
		public boolean isRunning() {
			return true;
		}

	}

	/**
	 * Runs the command as soon as the application has started, and ends the process.
	 */
	private final class Run implements ApplicationListener<ApplicationStartedEvent>, Ordered {

		@Override
		public int getOrder() {
			return Ordered.HIGHEST_PRECEDENCE;
		}

		@Override
		public void onApplicationEvent(ApplicationStartedEvent event) {
			ConfigurableApplicationContext context = event.getApplicationContext();
			McpCommandLine commandLine = McpCommandLine.of(context.getBean(McpOAuthManager.class),
					context.getBeanProvider(McpToolClient.class), context.getBeanProvider(GrantImporter.class),
					CommandLineInitializer.this.terminal.in(), Clock.systemUTC());
			ExitCode exitCode = commandLine.run(CommandLineInitializer.this.words,
					CommandLineInitializer.this.terminal);
			context.close();
			System.exit(exitCode.value());
		}

	}

}
